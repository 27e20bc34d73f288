import { describe, expect, it } from 'vitest';
import { compare } from '../../testing/simulation/matrix';
import { CURVES, type SimulatedCurve } from '../../testing/simulation/scenarios';
import { CostCurve, profiledSizes } from './cost-curve';
import { PredictionCheck } from './prediction-check';

const curveOf = (name: string) => CURVES.find((curve) => curve.name === name) as SimulatedCurve;

describe('auto mode in virtual time', () => {
  it.each(['overhead-heavy', 'linear'])(
    'keeps two clients in step (%s): the naive gap fails here',
    (name) => {
      const { ratio } = compare({
        kind: 'closed',
        curve: curveOf(name),
        clients: 2,
        thinkUs: 500,
        seed: 202,
      });
      expect(ratio).toBeGreaterThanOrEqual(0.92);
    },
  );

  it('does not wait where Poisson traffic batches by itself', () => {
    const curve = curveOf('overhead-heavy');
    const { ratio } = compare({ kind: 'open', traffic: 'poisson', curve, load: 0.6, seed: 102 });
    expect(ratio).toBeLessThanOrEqual(1.12);
  });
});

describe('a cost curve', () => {
  it('interpolates, and reads a dip as disturbed', () => {
    const curve = new CostCurve([
      { rows: 1, runsUs: [100] },
      { rows: 2, runsUs: [220] },
      { rows: 4, runsUs: [200] },
    ]);
    expect(curve.meanUs(2)).toBe(210);
    expect(curve.meanUs(4)).toBe(210);
    expect(curve.meanUs(8)).toBe(420);
  });

  it('sends eight of nine on a model padded to eight', () => {
    const padded = curveOf('padded');
    const curve = new CostCurve(profiledSizes(32).map((rows) => ({ rows, runsUs: [padded.meanUs(rows)] })));
    expect(curve.bestRows(9)).toBe(8);
  });

  it('is measured again when it falls or ends too early', () => {
    const point = (rows: number, us: number) => ({ rows, meanUs: us, lowUs: us, highUs: us, runs: 1 });
    expect(CostCurve.faultOf([point(1, 100), point(2, 50)], 2)).toContain('falls at 2 rows');
    expect(CostCurve.faultOf([point(1, 100)], 2)).toContain('ends at 1 rows');
    expect(CostCurve.faultOf([point(1, 100), point(2, 150)], 2)).toBeNull();
  });
});

describe('the check of predictions', () => {
  it('gives up waiting after 50 batches off by more than 20 %, and takes it up again', () => {
    const check = new PredictionCheck();
    const said = Array.from({ length: 50 }, () => check.record(100, 130));
    expect(said.filter((why) => why !== null)).toEqual([expect.stringContaining('30 %')]);
    expect(check.isOff).toBe(true);
    for (let i = 0; i < 50; i++) check.record(100, 101);
    expect(check.isOff).toBe(false);
  });
});
