import { type Benchmark, printTable, round } from './benchmark';
import { BuiltEngine, mib } from './built-engine';

const BAR = 1.05;
const NAMES = Array.from({ length: 10 }, (_, i) => `m${i}`);
const RESIDENT = 3;
const REQUESTS = 200;
const CLIENTS = 4;
const ROW_LENGTH = 512;

/**
 * Ten models, a budget for three, requests by Zipf's law from several clients at once: nothing is lost, and with nothing loaded the
 * process is as large as before the traffic. As in `unload-memory`, a first round of the same traffic has gone before: what the runtime,
 * the engine's own heap and the allocator take once is there then. What they take is printed.
 */
export const evictCycle: Benchmark = {
  name: 'evict-cycle',
  describes: `ten models, budget for three, Zipf traffic: resident memory with nothing loaded, after ${REQUESTS} requests / before; nothing may be lost`,
  async run(print) {
    const trace = zipfTrace(REQUESTS, 1);
    const budgetBytes = RESIDENT * (await bytesOfOne());
    // Half a model more: what is measured at a load differs a little from load to load.
    const engine = await BuiltEngine.start(NAMES, [
      '--memory-budget',
      `cpu=${Math.floor(budgetBytes * 1.16)}`,
    ]);
    const expected = await eachOnce(engine);
    await allOut(engine);
    const fresh = await engine.settledBytes();
    for (const name of NAMES) await engine.load(name);
    await replay(engine, trace, expected);
    await allOut(engine);
    const before = await engine.settledBytes();
    for (const name of NAMES) await engine.load(name);
    const evictedBefore = await engine.metric('ferry_model_evictions_total');
    const coldBefore = await engine.metric('ferry_model_cold_starts_total');
    const replayed = await replay(engine, trace, expected);
    const coldStarts = (await engine.metric('ferry_model_cold_starts_total')) - coldBefore;
    const evictions = (await engine.metric('ferry_model_evictions_total')) - evictedBefore;
    const held = await engine.residentBytes();
    await allOut(engine);
    const after = await engine.settledBytes();
    await engine.stop();
    const counts = { lost: replayed.wrong, coldStarts, evictions, ...hitRates(replayed, coldStarts) };
    printTable(print, [{ requests: REQUESTS, ...counts }]);
    printTable(print, [
      {
        'MiB, each loaded once': mib(fresh),
        'after a first round': mib(before),
        'budget full': mib(held),
        'after the second': mib(after),
      },
    ]);
    const value = round(after / before);
    const detail = { ...counts, budgetMiB: mib(budgetBytes), overFresh: round(after / fresh) };
    return { value, bar: BAR, holds: value <= BAR && replayed.wrong === 0, detail };
  },
};

/**
 * Share of requests that needed no load of their own, and the most that was possible with as many places, for requests in the order in
 * which they were answered. Those that wait for one load count once for both: only the first of them needed it.
 */
function hitRates({ answered, places, atFirst }: Replayed, loads: number) {
  const fewest = fewestLoads(answered, places, atFirst);
  return {
    hitRate: round(1 - loads / answered.length),
    beladyHitRate: round(1 - fewest / answered.length),
    mostResident: places,
  };
}

/** What the ledger has one model down for, when it is not the first: that one brings the runtime along. */
async function bytesOfOne(): Promise<number> {
  const engine = await BuiltEngine.start(NAMES.slice(0, 2));
  await engine.load('m0');
  const first = await engine.metric('ferry_device_memory_reserved_bytes');
  await engine.load('m1');
  const both = await engine.metric('ferry_device_memory_reserved_bytes');
  await engine.stop();
  return both - first;
}

/** Rows differ by model, so that an answer tells which request it belongs to. */
const rowOf = (name: string): readonly number[] =>
  Array.from({ length: ROW_LENGTH }, (_, i) => Math.sin(NAMES.indexOf(name) * 7 + i));

async function eachOnce(engine: BuiltEngine): Promise<ReadonlyMap<string, string>> {
  const answers = new Map<string, string>();
  for (const name of NAMES) {
    await engine.load(name);
    answers.set(name, fingerprint(await engine.infer(name, rowOf(name))));
  }
  return answers;
}

async function allOut(engine: BuiltEngine): Promise<void> {
  for (const name of NAMES) await engine.unload(name);
}

interface Replayed {
  /** Requests that failed or got another's answer. */
  readonly wrong: number;
  /** Models in the order in which they answered: each was in memory then, while the order of asking says nothing of that. */
  readonly answered: readonly string[];
  readonly atFirst: readonly string[];
  /** Most models that were in memory together. */
  readonly places: number;
}

async function replay(
  engine: BuiltEngine,
  trace: readonly string[],
  expected: ReadonlyMap<string, string>,
): Promise<Replayed> {
  const atFirst = await engine.resident();
  const answered: string[] = [];
  let places = atFirst.length;
  let next = 0;
  let wrong = 0;
  const client = async () => {
    for (let name = trace[next++]; name !== undefined; name = trace[next++]) {
      const answer = await engine.infer(name, rowOf(name)).catch(() => []);
      answered.push(name);
      if (fingerprint(answer) !== expected.get(name)) wrong++;
      places = Math.max(places, (await engine.resident()).length);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { wrong, answered, atFirst, places };
}

/** Batches of other sizes sum in another order: the last digits differ. */
const fingerprint = (values: readonly number[]): string => values.map((value) => value.toFixed(3)).join();

/** Names by Zipf's law with exponent 1, from a small generator with a seed. */
function zipfTrace(length: number, seed: number): readonly string[] {
  const weights = NAMES.map((_, i) => 1 / (i + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let state = seed;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return Array.from({ length }, () => {
    let left = random() * total;
    const at = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return NAMES[Math.max(0, at)] ?? 'm0';
  });
}

/** Belady's rule, which knows the future: the one asked for again last leaves. */
function fewestLoads(trace: readonly string[], places: number, atFirst: readonly string[]): number {
  const resident = new Set(atFirst);
  let loads = 0;
  trace.forEach((name, at) => {
    if (resident.has(name)) return;
    loads++;
    const nextUse = (one: string) => {
      const next = trace.indexOf(one, at + 1);
      return next < 0 ? Number.POSITIVE_INFINITY : next;
    };
    const leaving = [...resident].sort((a, b) => nextUse(b) - nextUse(a))[0];
    if (resident.size >= places && leaving !== undefined) resident.delete(leaving);
    resident.add(name);
  });
  return loads;
}
