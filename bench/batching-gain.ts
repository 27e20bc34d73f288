import { type Benchmark, median, printTable, round } from './benchmark';
import { bareSession, loopFor } from './demo-mlp';
import { loadDemo, startEngine } from './serve-demo';

const BAR = 0.85;
const CLIENTS = 32;
const ROUNDS = 3;
const LOAD = { warmupMs: 800, durationMs: 3_500 };
const BARE_MS = 1_200;
/** All 32 clients fit into one batch, which leaves as soon as it is full; the delay is only the limit for a straggler. */
const ON = {
  batching: 'fixed' as const,
  maxBatchSize: CLIENTS,
  preferredBatchSizes: [],
  maxQueueDelayUs: 5_000,
};

/**
 * What batching gains through the HTTP door, as a share of what it gains on the bare device. On and off, bare 1 and bare 32
 * alternate in one run; the plain gain is printed too. Off must lose no request per second to batching's machinery, so it is
 * measured on the same engine.
 */
export const batchingGain: Benchmark = {
  name: 'batching-gain',
  describes: `${CLIENTS} closed-loop HTTP clients on the demo MLP: batching on / off, over the bare device's batch ${CLIENTS} / batch 1`,
  async run(print) {
    const bare = await bareSession();
    const { engine, close } = await startEngine();
    const rate = async (batch: number) => {
      const { times, seconds } = await loopFor(BARE_MS, () => bare(batch));
      return (times * batch) / seconds;
    };
    const load = () => loadDemo(engine, { kind: 'closed', clients: CLIENTS }, LOAD);
    const rounds = [];
    for (let i = 0; i < ROUNDS; i++) {
      const bare1 = await rate(1);
      await engine.registry.updateSettings('demo-mlp', { batching: 'off' }, false);
      const off = await load();
      const bare32 = await rate(CLIENTS);
      await engine.registry.updateSettings('demo-mlp', ON, false);
      const on = await load();
      rounds.push({ bare1, bare32, off, on });
    }
    await close();
    printTable(
      print,
      rounds.map(({ bare1, bare32, off, on }, i) => ({
        round: i + 1,
        'bare b1/s': Math.round(bare1),
        'bare b32/s': Math.round(bare32),
        'off req/s': Math.round(off.achievedPerSecond),
        'on req/s': Math.round(on.achievedPerSecond),
        'off p95 ms': off.latency.p95Ms ?? '-',
        'on p95 ms': on.latency.p95Ms ?? '-',
        gain: round(on.achievedPerSecond / off.achievedPerSecond, 2),
        'device gain': round(bare32 / bare1, 2),
      })),
    );
    const gain = median(rounds.map(({ on, off }) => on.achievedPerSecond / off.achievedPerSecond));
    const deviceGain = median(rounds.map(({ bare1, bare32 }) => bare32 / bare1));
    const offP95Ms = median(rounds.map(({ off }) => off.latency.p95Ms ?? Number.NaN));
    const onP95Ms = median(rounds.map(({ on }) => on.latency.p95Ms ?? Number.NaN));
    const errors = rounds
      .flatMap(({ on, off }) => [on, off])
      .reduce((sum, { counts }) => sum + Object.values(counts.errors).reduce((a, b) => a + b, 0), 0);
    print(
      `  plain gain: ${round(gain, 2)}x requests per second, p95 ${round(offP95Ms, 1)} ms off, ${round(onP95Ms, 1)} ms on`,
    );
    const value = round(gain / deviceGain);
    return {
      value,
      bar: BAR,
      holds: value >= BAR && onP95Ms <= offP95Ms && errors === 0,
      detail: { gain: round(gain, 2), deviceGain: round(deviceGain, 2), offP95Ms, onP95Ms, errors },
    };
  },
};
