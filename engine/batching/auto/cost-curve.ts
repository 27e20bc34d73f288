import type { CostPoint } from '../../contract';
import { paddedSize } from '../batch-size';

/** Share of a new run in the mean of its size. */
const EWMA = 0.1;
/** Runs of one size that are kept for its quantiles. */
const KEPT_RUNS = 32;
const LOW = 0.1;
const HIGH = 0.95;
/** A repair of more than this share says that the measurement was disturbed. */
const MAX_REPAIR = 0.25;

/** A run that is longer than its mean by more than this is believed once the next one is, too. */
const BELIEVED = 1.25;
/** A run counts as this many times its mean at most: one that stops with the machine says nothing of its size. */
const LONGEST = 2;
/** Batches of other sizes until what a size's own runs said of it counts for a third. */
const FADES_AFTER = 100;
/** Runs of a size beyond all profiled ones until its mean stands for a profile. */
const LEARNT_RUNS = 20;
/** A mean that moved by less than this changes no decision: the tables are left as they are. */
const MOVED = 0.01;
const MOVED_BETWEEN = 0.05;
/**
 * Rates within this of the best count as the same, and the largest size of them is taken: a measured mean wanders by a hundredth, and
 * where it makes fifteen rows look better than sixteen, sixteen clients would be served in two batches for ever.
 */
const ALIKE = 0.96;

interface Point {
  readonly rows: number;
  /** At the speed that the device had when it was measured. */
  profileUs: number;
  /** Of its own runs; what is read of it fades to the profile at the device's present speed. */
  meanUs: number;
  /** Runs, those of the profile included. */
  runs: number;
  /** Until its mean stands for a profile. */
  runsToLearn: number;
  /** The number of the batch that last ran it; minus infinity for none. */
  lastBatch: number;
  lastUs: number;
  /** The mean that the tables were built with. */
  builtUs: number;
  /** The last durations, a ring. */
  readonly kept: number[];
}

/** What is read of a curve, by rows: built in one go and read many times for each batch. */
interface Tables {
  /** Repaired means, microseconds. */
  readonly meanUs: Float64Array;
  /** The size up to this one with most rows per time, the larger of equals. */
  readonly best: Int32Array;
}

const LEAST_TABLE = 64;

/** Sizes at which a curve is measured: neighbours of powers of two show the steps of padded kernels. */
export function profiledSizes(maxBatchSize: number): readonly number[] {
  const sizes = new Set([1, 2, 3, maxBatchSize]);
  for (let size = 4; size <= maxBatchSize; size *= 2) {
    for (const rows of [size, size + 1, size + size / 2]) if (rows <= maxBatchSize) sizes.add(rows);
  }
  return [...sizes].filter((rows) => rows <= maxBatchSize).sort((a, b) => a - b);
}

/**
 * What a batch costs: l(b), the mean time of a batch of b rows on its instance.
 *
 * Sizes between two measured ones are interpolated in a straight line, those beyond the last go on in proportion to it. Every
 * batch that really ran moves the mean of its size by a tenth (so some 20 batches forget a change of clocks or of
 * neighbours), and a size that was never profiled joins the curve with its first run.
 *
 * Each run also moves, by a tenth, how fast the device is at present compared with the profile. What slows one size down slows
 * the others, too, so a size that has not run lately counts as its profile at that speed. Otherwise the sizes that run in a slow
 * minute would look dear beside the others, and what looked dear when it began would not be run again after it.
 *
 * A device never answers more rows in less time; where the numbers say so, one of the two was disturbed. The curve is read
 * through the pool-adjacent-violators rule (the least-squares fit of a rising sequence, weighted by runs): neighbours that
 * fall share their mean.
 */
export class CostCurve {
  readonly #points: Point[] = [];
  /** Up to the largest size asked for. */
  #tables: Tables | null = null;
  #recordedSinceBuilt = 0;
  /** Present times as a share of those of the profile. */
  #timeShare = 1;
  #builtTimeShare = 1;
  #batches = 0;
  #allowedSizes: readonly number[] = [];
  #betweenUs = 0;
  #builtBetweenUs = 0;

  /** @param points durations of each profiled size, microseconds; sizes ascending, at least one run each */
  constructor(points: Iterable<{ readonly rows: number; readonly runsUs: readonly number[] }>) {
    for (const { rows, runsUs } of points) {
      const sorted = [...runsUs].sort((a, b) => a - b);
      // A pause of the machine within ten runs would move their mean by a tenth of itself: the outermost are left out.
      const inner = sorted.length >= 5 ? sorted.slice(1, -1) : sorted;
      const meanUs = inner.reduce((sum, us) => sum + us, 0) / inner.length;
      this.#points.push(profiled(rows, meanUs, runsUs.length, runsUs.slice(-KEPT_RUNS)));
    }
  }

  /** Of known points, as kept on disk. */
  static of(points: readonly CostPoint[]): CostCurve {
    const curve = new CostCurve([]);
    for (const { rows, meanUs, lowUs, highUs, runs } of points)
      curve.#points.push(profiled(rows, meanUs, runs, [lowUs, meanUs, highUs]));
    return curve;
  }

  /**
   * Why a curve cannot be used and has to be measured again; null when it can.
   *
   * @param leastRows smallest batch that is ever run: the smallest allowed size, where there are some
   */
  static faultOf(points: readonly CostPoint[], maxBatchSize: number, leastRows = 1): string | null {
    if (points.length === 0) return 'it has no point';
    let mostUs = 0;
    let lastRows = 0;
    for (const { rows, meanUs, lowUs, highUs } of points) {
      if (!Number.isInteger(rows) || rows <= lastRows) return `its sizes do not ascend at ${rows}`;
      if (![meanUs, lowUs, highUs].every((us) => Number.isFinite(us) && us > 0))
        return `its time at ${rows} rows is not a positive number`;
      if (meanUs < mostUs * (1 - MAX_REPAIR))
        return `it falls at ${rows} rows, from ${Math.round(mostUs)} to ${Math.round(meanUs)} us`;
      mostUs = Math.max(mostUs, meanUs);
      lastRows = rows;
    }
    const firstRows = points[0]?.rows ?? 0;
    if (firstRows > leastRows) return `it begins at ${firstRows} rows, batches may have ${leastRows}`;
    return lastRows < maxBatchSize ? `it ends at ${lastRows} rows, batches may have ${maxBatchSize}` : null;
  }

  /** Ascending. Batches of other sizes are padded up to the next of these, and cost what that costs. Empty: any size. */
  set allowedSizes(sizes: readonly number[]) {
    this.#allowedSizes = sizes;
    this.#tables = null;
  }

  /** What each batch keeps its instance from the next one, beside its run: the best sizes are those with it. */
  set betweenUs(us: number) {
    this.#betweenUs = us;
    if (Math.abs(us - this.#builtBetweenUs) > MOVED_BETWEEN * (this.meanUs(1) + us)) this.#tables = null;
  }

  get points(): readonly CostPoint[] {
    return this.#points.map((point) => {
      const { rows, runs, kept } = point;
      const meanUs = this.#presentUs(point);
      const lowUs = Math.min(meanUs, quantile(kept, LOW));
      return { rows, meanUs, lowUs, highUs: Math.max(meanUs, quantile(kept, HIGH)), runs };
    });
  }

  /** l(b): mean time of a batch, microseconds; 0 for none. */
  meanUs(rows: number): number {
    return this.#tablesUpTo(rows).meanUs[rows] ?? 0;
  }

  /** Best size up to `most`: most rows per time, the larger of about equals. */
  bestRows(most: number): number {
    return this.#tablesUpTo(most).best[most] ?? 1;
  }

  /**
   * Largest useful batch: the best size up to `maxBatchSize` of those that are short enough.
   *
   * @param fits whether a mean of so many microseconds is: true up to some length, and false from there on
   */
  capRows(maxBatchSize: number, fits: (meanUs: number) => boolean): number {
    let low = 1;
    let high = maxBatchSize;
    // The repaired means rise.
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (fits(this.meanUs(middle))) low = middle;
      else high = middle - 1;
    }
    return this.bestRows(low);
  }

  /** A batch of `rows` really took `tookUs`. */
  record(rows: number, tookUs: number): void {
    if (!(tookUs > 0)) return;
    let at = this.#points.findIndex((point) => point.rows >= rows);
    if (at < 0) at = this.#points.length;
    let point = this.#points[at];
    if (point?.rows !== rows) {
      point = this.#newPoint(rows, tookUs);
      this.#points.splice(at, 0, point);
    }
    this.#learn(point, tookUs);
    if (point.kept.length < KEPT_RUNS) point.kept.push(tookUs);
    else point.kept[point.runs % KEPT_RUNS] = tookUs;
    point.runs++;
    const moved = isMoved(point.builtUs, point.meanUs) || isMoved(this.#builtTimeShare, this.#timeShare);
    if (moved || ++this.#recordedSinceBuilt >= KEPT_RUNS) this.#tables = null;
  }

  /** Between sizes that were measured its profile is theirs: what it takes now is also the doing of a slow minute. */
  #newPoint(rows: number, tookUs: number): Point {
    const known = this.#points.filter(({ runsToLearn }) => runsToLearn === 0);
    const presentUs = this.meanUs(rows) || tookUs;
    if (rows > (known.at(-1)?.rows ?? 0))
      return { ...profiled(rows, presentUs / this.#timeShare, 0, []), runsToLearn: LEARNT_RUNS };
    const profile = known.map((point) => ({ ...point, meanUs: point.profileUs }));
    return profiled(rows, meansOf(profile, rows)[rows] as number, 0, []);
  }

  #learn(point: Point, tookUs: number): void {
    const meanUs = this.#presentUs(point);
    const isSpike = tookUs > meanUs * BELIEVED && point.lastUs <= meanUs * BELIEVED;
    const countedUs = isSpike ? meanUs : Math.min(tookUs, meanUs * LONGEST);
    point.meanUs = meanUs + (countedUs - meanUs) * EWMA;
    point.lastUs = tookUs;
    point.lastBatch = ++this.#batches;
    if (point.runsToLearn > 0) {
      point.runsToLearn--;
      point.profileUs = point.meanUs / this.#timeShare;
    } else if (!isSpike) {
      this.#timeShare += (countedUs / point.profileUs - this.#timeShare) * EWMA;
    }
  }

  /** What a batch of the size of a point takes at present. */
  #presentUs({ meanUs, profileUs, lastBatch }: Point): number {
    const scaledUs = profileUs * this.#timeShare;
    return scaledUs + (meanUs - scaledUs) * Math.exp((lastBatch - this.#batches) / FADES_AFTER);
  }

  #tablesUpTo(rows: number): Tables {
    const built = this.#tables;
    if (built && rows < built.meanUs.length) return built;
    const largest = this.#allowedSizes.at(-1) ?? 0;
    const most = Math.max(rows, LEAST_TABLE, largest, (built?.meanUs.length ?? 0) - 1);
    const present = this.#points.map((point) => ({ ...point, meanUs: this.#presentUs(point) }));
    this.#tables = tablesOf(present, most, this.#allowedSizes, this.#betweenUs);
    this.#builtBetweenUs = this.#betweenUs;
    this.#recordedSinceBuilt = 0;
    this.#builtTimeShare = this.#timeShare;
    for (const point of this.#points) point.builtUs = point.meanUs;
    return this.#tables;
  }
}

function profiled(rows: number, meanUs: number, runs: number, kept: number[]): Point {
  return {
    rows,
    profileUs: meanUs,
    meanUs,
    runs,
    runsToLearn: 0,
    lastBatch: Number.NEGATIVE_INFINITY,
    lastUs: meanUs,
    builtUs: 0,
    kept,
  };
}

function isMoved(before: number, now: number): boolean {
  return Math.abs(now - before) > MOVED * before;
}

function tablesOf(
  points: readonly Point[],
  most: number,
  allowedSizes: readonly number[],
  betweenUs: number,
): Tables {
  const ofSize = meansOf(points, most);
  const meanUs = ofSize.map((_, rows) => (rows === 0 ? 0 : at(ofSize, paddedSize(rows, allowedSizes))));
  const best = new Int32Array(most + 1).fill(1);
  let mostRate = 0;
  for (let rows = 1; rows <= most; rows++) {
    const rate = rows / (at(meanUs, rows) + betweenUs);
    mostRate = Math.max(mostRate, rate);
    best[rows] = rate >= mostRate * ALIKE ? rows : at(best, rows - 1);
  }
  return { meanUs, best };
}

function at(values: Float64Array | Int32Array, index: number): number {
  return values[index] as number;
}

/** Between two points a straight line, beyond the last in proportion. */
function meansOf(points: readonly Point[], most: number): Float64Array {
  const rising = rise(points);
  const table = new Float64Array(most + 1);
  let next = 0;
  for (let rows = 1; rows <= most && rising.length > 0; rows++) {
    while (next < rising.length - 1 && (rising[next]?.rows ?? 0) < rows) next++;
    const right = rising[next] as { rows: number; us: number };
    const left = rising[next - 1];
    if (rows > right.rows) table[rows] = (right.us * rows) / right.rows;
    else if (!left || rows === right.rows) table[rows] = right.us;
    else table[rows] = left.us + ((right.us - left.us) * (rows - left.rows)) / (right.rows - left.rows);
  }
  return table;
}

/** Pool adjacent violators. */
function rise(points: readonly Point[]): readonly { readonly rows: number; readonly us: number }[] {
  const pools: { us: number; weight: number; members: number[] }[] = [];
  for (const { rows, meanUs, runs } of points) {
    let pool = { us: meanUs, weight: Math.min(runs, KEPT_RUNS) || 1, members: [rows] };
    for (let last = pools.at(-1); last && last.us > pool.us; last = pools.at(-1)) {
      const weight = last.weight + pool.weight;
      const us = (last.us * last.weight + pool.us * pool.weight) / weight;
      pool = { us, weight, members: [...last.members, ...pool.members] };
      pools.pop();
    }
    pools.push(pool);
  }
  return pools.flatMap(({ us, members }) => members.map((rows) => ({ rows, us })));
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
