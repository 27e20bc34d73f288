import { CURVES } from '../engine/testing/simulation/scenarios';
import { type Benchmark, printTable } from './benchmark';
import { overloadCases } from './overload-virtual';

const GOODPUT_BAR = 0.9;

/** 1.6 times what the device can answer is offered. The value is the least goodput; the p99 of the accepted must keep the SLO too. */
export const overload: Benchmark = {
  name: 'overload',
  describes:
    'goodput / capacity at 1.6 times the capacity offered, SLO 10 x l(1), Poisson, 1 and 2 instances, five curves in virtual time (worst)',
  async run(print) {
    const rows = CURVES.flatMap((curve) =>
      [1, 2].flatMap((instances) =>
        overloadCases(curve, instances).map(({ setting, goodput, p99, refused }) => ({
          curve: curve.name,
          instances,
          setting,
          'goodput / capacity': goodput,
          'p99 / SLO': p99,
          refused,
        })),
      ),
    );
    printTable(print, rows);
    const auto = rows.filter(({ setting }) => setting === 'auto');
    const others = rows.filter(({ setting }) => setting !== 'auto');
    const value = Math.min(...auto.map((row) => row['goodput / capacity']));
    const worstP99 = Math.max(...auto.map((row) => row['p99 / SLO']));
    const detail = {
      'p99 / SLO, worst': worstP99,
      'goodput of the best static setting, worst curve': Math.min(
        ...CURVES.map(({ name }) =>
          Math.max(...others.filter(({ curve }) => curve === name).map((row) => row['goodput / capacity'])),
        ),
      ),
    };
    return { value, bar: GOODPUT_BAR, holds: value >= GOODPUT_BAR && worstP99 <= 1, detail };
  },
};
