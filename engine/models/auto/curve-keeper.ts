import { type Logger, toEngineError } from '../../base';
import { CostCurve } from '../../batching';
import type { CostPoint } from '../../contract';
import type { SessionSpec } from '../../inference';
import type { CurveEntry } from './curve-entry';
import { type CurveKey, modelDigest } from './curve-key';
import type { CurveStore } from './curve-store';
import { type MeasuredSize, measureCurve } from './measure-curve';

/** What a curve has to cover. */
export interface WantedCurve {
  readonly spec: SessionSpec;
  readonly key: CurveKey;
  readonly deviceId: string;
  /** Rows of the batches that are measured, ascending. */
  readonly sizes: readonly number[];
  /** Rows of the batches that requests are run in: at most the last of these, at least the first. */
  readonly leastRows: number;
  readonly mostRows: number;
}

export interface HowToMeasure {
  readonly run: (rows: number) => Promise<number>;
  readonly rounds: number;
  readonly limitUs: number;
  readonly onRound: (round: number, sizes: number) => void;
  /** False: nobody wants the curve any more. Absent: it is wanted until the keeper is stopped. */
  readonly isWanted?: () => boolean;
}

export interface CurveKeeperOptions {
  /** Null: nothing is kept. */
  readonly store: CurveStore | null;
  readonly logger: Logger;
  /** 'model "m" version 1', for the log. */
  readonly label: string;
  readonly wallMs: () => number;
}

/** Gets the curve of one version of a model, from disk where one fits, else by measuring, and keeps it. */
export class CurveKeeper {
  readonly #options: CurveKeeperOptions;
  #digest: Promise<string | null> | null = null;
  #stopped = false;

  constructor(options: CurveKeeperOptions) {
    this.#options = options;
  }

  /** No measurement begins another run. */
  stop(): void {
    this.#stopped = true;
  }

  /** The kept curve; null when it has to be measured, which is logged where there was one that does not fit. */
  async kept(wanted: WantedCurve): Promise<CurveEntry | null> {
    const { store, logger, label } = this.#options;
    if (!store) return null;
    const digest = await this.#digestOf(wanted.spec);
    if (digest === null) return null;
    const found = await store.find(digest, wanted.key);
    const { leastRows, mostRows, key, deviceId } = wanted;
    if (found.curve === null) {
      if (found.why !== null) logger.info(`${label}: the cost curve is measured again: ${found.why}`);
      return null;
    }
    const { points, measuredAtMs } = found.curve;
    const fault = CostCurve.faultOf(points, mostRows, leastRows);
    if (fault !== null) {
      logger.info(`${label}: the cost curve is measured again: ${fault}`);
      return null;
    }
    logger.info(`${label}: cost curve of an earlier run, ${points.length} sizes`);
    const curve = CostCurve.of(points);
    return { curve, key, deviceId, source: 'cache', measuredAtMs, attemptedRows: mostRows };
  }

  /** Measures. Null when stopped, when it is not wanted any more, or when the model does not take what it is measured with, which is logged. */
  async measured(wanted: WantedCurve, how: HowToMeasure): Promise<CurveEntry | null> {
    const { logger, label, wallMs } = this.#options;
    const { sizes, key, deviceId, mostRows } = wanted;
    const isStopped = () => this.#stopped || how.isWanted?.() === false;
    let found: readonly MeasuredSize[];
    try {
      found = await measureCurve({ ...how, sizes, isStopped });
    } catch (error) {
      if (!isStopped())
        logger.info(
          `${label}: the cost curve cannot be measured with zeros and is learnt from traffic: ${(error as Error).message}`,
        );
      return null;
    }
    if (isStopped() || found.length === 0) return null;
    const last = found.at(-1)?.rows ?? 0;
    const runs = found.reduce((sum, { runsUs }) => sum + runsUs.length, 0);
    const early = last < (sizes.at(-1) ?? 0) ? `, up to ${last} rows: larger ones take too long` : '';
    logger.info(`${label}: cost curve measured, ${found.length} sizes in ${runs} runs${early}`);
    const entry: CurveEntry = {
      curve: new CostCurve(found),
      key,
      deviceId,
      source: 'measured',
      measuredAtMs: wallMs(),
      attemptedRows: early === '' ? mostRows : last,
    };
    await this.save(wanted.spec, entry);
    return entry;
  }

  /** Keeps what a curve is by now. A disk that cannot be written costs a measurement at the next load, which is logged. */
  async save(spec: SessionSpec, { curve, key, measuredAtMs }: CurveEntry): Promise<void> {
    const { store, logger, label } = this.#options;
    if (!store) return;
    const digest = await this.#digestOf(spec);
    if (digest === null) return;
    await store
      .save(digest, { key, measuredAtMs, points: risingPoints(curve) })
      .catch((error: unknown) =>
        logger.warn(`${label}: the cost curve could not be kept: ${toEngineError(error).message}`),
      );
  }

  /** Of the file as it is when it is first asked for; null when it cannot be read. */
  #digestOf(spec: SessionSpec): Promise<string | null> {
    this.#digest ??= modelDigest(spec).catch((error: unknown) => {
      this.#options.logger.warn(
        `${this.#options.label}: its cost curve cannot be kept: ${toEngineError(error).message}`,
      );
      return null;
    });
    return this.#digest;
  }
}

/**
 * A curve as it is acted upon: with means that rise. Sizes are learnt at different times under different loads, so what was seen of
 * them may fall; read from a file, that is the sign of a damaged one.
 */
function risingPoints(curve: CostCurve): readonly CostPoint[] {
  return curve.points.map((point) => {
    const meanUs = curve.meanUs(point.rows);
    return {
      ...point,
      meanUs,
      lowUs: Math.min(point.lowUs, meanUs),
      highUs: Math.max(point.highUs, meanUs),
    };
  });
}
