import { type Benchmark, median, printTable, round } from './benchmark';
import { bareSession, demoRequest, loopFor, serveDemo } from './demo-mlp';

const BAR = 0.95;
const BATCH = 16;
const ROUNDS = 9;
const ROUND_MS = 1_500;

/** The engine's throughput in process against a bare loop on the same model, alternating, so that both see the same machine. */
export const rawRatio: Benchmark = {
  name: 'raw-ratio',
  describes: `engine in process, batches of ${BATCH} on the demo MLP / a bare session.run loop at batch ${BATCH}`,
  async run(print) {
    const bare = await bareSession();
    const served = await serveDemo({ maxBatchSize: BATCH });
    const engineRound = async () => {
      let answered = 0;
      const began = performance.now();
      const untilMs = began + ROUND_MS;
      // As many requests wait as two batches hold: the next batch is complete when the instance comes back.
      const client = async (seed: number) => {
        const request = demoRequest(seed);
        while (performance.now() < untilMs) {
          await served.infer(request);
          answered++;
        }
      };
      await Promise.all(Array.from({ length: 2 * BATCH }, (_, i) => client(i)));
      return answered / ((performance.now() - began) / 1000);
    };
    const bareRound = async () => {
      const { times, seconds } = await loopFor(ROUND_MS, () => bare(BATCH));
      return (times * BATCH) / seconds;
    };
    await bareRound();
    await engineRound();
    const rounds: { bare: number; engine: number }[] = [];
    for (let i = 0; i < ROUNDS; i++) rounds.push({ bare: await bareRound(), engine: await engineRound() });
    await served.retire(1e6);
    printTable(
      print,
      rounds.map((round_, i) => ({
        round: i + 1,
        'bare inf/s': Math.round(round_.bare),
        'engine inf/s': Math.round(round_.engine),
        ratio: round(round_.engine / round_.bare),
      })),
    );
    const value = round(median(rounds.map((r) => r.engine / r.bare)));
    const detail = {
      bareInferencesPerSecond: Math.round(median(rounds.map((r) => r.bare))),
      engineInferencesPerSecond: Math.round(median(rounds.map((r) => r.engine))),
    };
    return { value, bar: BAR, holds: value >= BAR, detail };
  },
};
