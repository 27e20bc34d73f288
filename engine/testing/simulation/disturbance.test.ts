import { describe, expect, it } from 'vitest';
import type { Random } from './random';
import { CURVES, type SimulatedCurve } from './scenarios';
import { simulate } from './simulate';

const SECOND = 1e6;
/** Before, during and after the disturbance: seconds of virtual time. The first two after it are for learning. */
const BEGINS = 3;
const ENDS = 7;
const RECOVERED = ENDS + 2;
const OVER = 12;

type Disturbance = (runUs: number, random: Random) => number;

/** Neighbours on the machine. */
const heavyTails: Disturbance = (runUs, random) =>
  runUs * Math.exp(random.normal() * 0.2) * (random.uniform() < 0.03 ? 5 : 1);
const slow: Disturbance = (runUs) => runUs * 3;
/** What halts a machine lasts as long whatever runs: many times a small batch. */
const halts: Disturbance = (runUs, random) => runUs + (random.uniform() < 0.02 ? 0.4 * SECOND : 0);
const delays: Disturbance = (runUs) => runUs + 30_000;

const SMALL: SimulatedCurve = { name: 'small', meanUs: (rows) => 600 + 900 * rows };
const WITH_ROOM = [SMALL, ...CURVES.filter(({ name }) => name === 'mid' || name === 'padded')];

function served(curve: SimulatedCurve, sloUs: number, disturbance: Disturbance) {
  const perSecond = new Array<number>(OVER).fill(0);
  let refusedAfter = 0;
  simulate(
    { kind: 'closed', curve, clients: 24, thinkUs: 3_000, seed: 5 },
    {
      setting: { sloUs },
      requests: Number.POSITIVE_INFINITY,
      maxRows: 16,
      disturbed: (runUs, nowUs, random) =>
        nowUs >= BEGINS * SECOND && nowUs < ENDS * SECOND ? disturbance(runUs, random) : runUs,
      untilUs: OVER * SECOND,
      onEnded: (nowUs, answered) => {
        const second = Math.floor(nowUs / SECOND);
        if (answered && second < OVER) perSecond[second] = (perSecond[second] ?? 0) + 1;
        if (!answered && second >= RECOVERED) refusedAfter++;
      },
    },
  );
  const mean = (from: number, to: number) =>
    perSecond.slice(from, to).reduce((sum, count) => sum + count, 0) / (to - from);
  return {
    before: mean(1, BEGINS),
    during: mean(BEGINS + 1, ENDS),
    after: mean(RECOVERED, OVER),
    refusedAfter,
  };
}

describe.each([
  ['heavy tails', heavyTails],
  ['a device at a third of its speed', slow],
  ['halts of the machine', halts],
  ['a delay of each run', delays],
] as const)('a disturbance that ends: %s', (_name, disturbance) => {
  it.each(WITH_ROOM)(
    '$name, SLO 500 ms: as many are answered after it as before, and none is refused',
    (curve) => {
      const { before, after, refusedAfter } = served(curve, 500_000, disturbance);
      expect(after).toBeGreaterThan(0.9 * before);
      expect(refusedAfter).toBe(0);
    },
  );

  it.each(WITH_ROOM)('$name, SLO of ten single runs: as many are answered after it as before', (curve) => {
    const { before, after } = served(curve, 10 * curve.meanUs(1), disturbance);
    expect(after).toBeGreaterThan(0.9 * before);
  });
});

describe('heavy tails, with ample room under the SLO', () => {
  it.each(WITH_ROOM)('$name: no throughput is given up for them but what they take', (curve) => {
    const { before, during } = served(curve, 500_000, heavyTails);
    // The runs themselves take e^0.02 x 1.12 times as long.
    expect(during).toBeGreaterThan((0.9 * before) / 1.14);
  });
});
