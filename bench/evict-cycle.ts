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
 * process is as large as before the traffic.
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
    const before = await engine.residentBytes();
    for (const name of NAMES) await engine.load(name);
    const coldBefore = await engine.metric('ferry_model_cold_starts_total');
    const wrong = await replay(engine, trace, expected);
    const coldStarts = (await engine.metric('ferry_model_cold_starts_total')) - coldBefore;
    const evictions = await engine.metric('ferry_model_evictions_total');
    const held = await engine.residentBytes();
    await allOut(engine);
    const after = await engine.residentBytes();
    await engine.stop();
    const hitRate = 1 - coldStarts / REQUESTS;
    const optimalHitRate = 1 - fewestLoads(trace, RESIDENT, NAMES.slice(-RESIDENT)) / REQUESTS;
    printTable(print, [
      {
        requests: REQUESTS,
        lost: wrong,
        'cold starts': coldStarts,
        evictions,
        'hit rate': round(hitRate),
        "Belady's": round(optimalHitRate),
      },
    ]);
    printTable(print, [{ 'MiB before': mib(before), 'with three loaded': mib(held), after: mib(after) }]);
    const value = round(after / before);
    const detail = {
      lost: wrong,
      coldStarts,
      evictions,
      hitRate: round(hitRate),
      optimalHitRate: round(optimalHitRate),
      budgetMiB: mib(budgetBytes),
    };
    return { value, bar: BAR, holds: value <= BAR && wrong === 0, detail };
  },
};

/** What the ledger has one model down for. */
async function bytesOfOne(): Promise<number> {
  const engine = await BuiltEngine.start(NAMES.slice(0, 1));
  await engine.load('m0');
  const bytes = await engine.metric('ferry_device_memory_reserved_bytes');
  await engine.stop();
  return bytes;
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

/** @returns requests that failed or got another's answer */
async function replay(
  engine: BuiltEngine,
  trace: readonly string[],
  expected: ReadonlyMap<string, string>,
): Promise<number> {
  let next = 0;
  let wrong = 0;
  const client = async () => {
    for (let name = trace[next++]; name !== undefined; name = trace[next++]) {
      const answer = await engine.infer(name, rowOf(name)).catch(() => []);
      if (fingerprint(answer) !== expected.get(name)) wrong++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return wrong;
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
