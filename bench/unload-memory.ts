import { type Benchmark, printTable, round } from './benchmark';
import { BuiltEngine, mib } from './built-engine';

const BAR = 1.05;
const WARM_ROUNDS = 20;
const ROUNDS = 200;
const NAME = 'demo-mlp';
const ROW = Array.from({ length: 512 }, (_, i) => Math.sin(i));

/** What 200 rounds of load, one answer and unload leave in memory, over what twenty left. */
export const unloadMemory: Benchmark = {
  name: 'unload-memory',
  describes: `resident memory with nothing loaded after ${ROUNDS} rounds of load, run and unload / after the first ${WARM_ROUNDS}`,
  async run(print) {
    const engine = await BuiltEngine.start([NAME]);
    const rows: { rounds: number; 'resident MiB': number }[] = [];
    let loadedBytes = 0;
    let warmBytes = 0;
    let lastBytes = 0;
    for (let done = 1; done <= WARM_ROUNDS + ROUNDS; done++) {
      await engine.load(NAME);
      await engine.infer(NAME, ROW);
      if (done === WARM_ROUNDS) loadedBytes = await engine.residentBytes();
      await engine.unload(NAME);
      if (done % WARM_ROUNDS > 0) continue;
      lastBytes = await engine.residentBytes();
      if (done === WARM_ROUNDS) warmBytes = lastBytes;
      rows.push({ rounds: done, 'resident MiB': mib(lastBytes) });
    }
    await engine.stop();
    printTable(print, rows);
    const value = round(lastBytes / warmBytes);
    const detail = { loadedMiB: mib(loadedBytes), warmMiB: mib(warmBytes), lastMiB: mib(lastBytes) };
    return { value, bar: BAR, holds: value <= BAR, detail };
  },
};
