import { backgroundCases, shareCases } from '../engine/testing/simulation/fairness';
import { type Benchmark, printTable, round } from './benchmark';
import { fairnessReal } from './fairness-real';

const BAR = 0.05;
const RISE_BAR = 1;

/**
 * Weights 1, 2 and 4 on one saturated device, and a saturating background model beside a foreground model: in virtual time, and with real
 * models on this machine's CPU. The value is the largest relative deviation of a share; the rise of the foreground's p99, in background
 * batches, must hold too.
 */
export const fairness: Benchmark = {
  name: 'fairness',
  describes:
    'shares of a saturated device with weights 1:2:4, worst relative deviation; and what a background model adds to a p99, in its batches',
  async run(print) {
    const virtual = shareCases();
    const behind = backgroundCases();
    const real = await fairnessReal();
    printTable(
      print,
      [...virtual, { ...real, curves: ['real: demo-mlp, three copies'] }].map(
        ({ curves, shares, deviation }) => ({
          models: curves.join(', '),
          'weight 1': shares[0]?.toFixed(4) ?? '',
          'weight 2': shares[1]?.toFixed(4) ?? '',
          'weight 4': shares[2]?.toFixed(4) ?? '',
          deviation: deviation.toFixed(4),
        }),
      ),
    );
    printTable(
      print,
      behind.map(({ curve, load, aloneP99Us, besideP99Us, rise, backgroundShare }) => ({
        foreground: curve,
        load,
        'p99 alone, ms': round(aloneP99Us / 1000, 1),
        'p99 beside, ms': round(besideP99Us / 1000, 1),
        'rise / batch': round(rise, 2),
        'background has': round(backgroundShare, 2),
      })),
    );
    printTable(
      print,
      real.rounds.map(({ aloneP99Ms, besideP99Ms, longestBatchMs }) => ({
        foreground: 'real',
        'p99 alone, ms': round(aloneP99Ms, 1),
        'p99 beside, ms': round(besideP99Ms, 1),
        'background batch, ms': round(longestBatchMs, 1),
      })),
    );
    const virtualDeviation = Math.max(...virtual.map(({ deviation }) => deviation));
    const virtualRise = Math.max(...behind.map(({ rise }) => rise));
    const value = round(Math.max(virtualDeviation, real.deviation), 4);
    return {
      value,
      bar: BAR,
      holds: value <= BAR && virtualRise <= RISE_BAR && real.rise <= RISE_BAR,
      detail: {
        virtualDeviation: round(virtualDeviation, 4),
        realDeviation: round(real.deviation, 4),
        virtualRise: round(virtualRise),
        realRise: round(real.rise),
      },
    };
  },
};
