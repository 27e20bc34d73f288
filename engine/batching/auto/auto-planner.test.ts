import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AutoPlanner } from './auto-planner';
import { CostCurve, profiledSizes } from './cost-curve';

const meanUs = (rows: number) => 2_000 + 400 * rows;

function planner(sloUs = Number.POSITIVE_INFINITY, instances = 1, said: string[] = []): AutoPlanner {
  return new AutoPlanner({
    curve: new CostCurve(profiledSizes(32).map((rows) => ({ rows, runsUs: [meanUs(rows)] }))),
    sloUs,
    maxBatchSize: () => 32,
    instances: () => instances,
    onFallback: (why) => said.push(why),
  });
}

describe('the planner of auto mode', () => {
  it('falls back to zero wait after 50 batches off by more than 20 %, says so, and waits again when they are right', () => {
    const said: string[] = [];
    const auto = planner(Number.POSITIVE_INFINITY, 1, said);
    let nowUs = 0;
    // The curve follows what is steady; what comes and goes cannot be predicted.
    const run = (id: number, tookUs: number) => {
      auto.batchStarted({ id, rows: 4 }, nowUs);
      nowUs += tookUs;
      auto.batchEnded({ id, rows: 4 }, tookUs, nowUs);
    };
    for (let id = 0; id < 50; id++) run(id, meanUs(4) * (id % 2 === 0 ? 0.6 : 1.6));
    expect(auto.state.phase).toBe('zero-wait');
    expect(auto.state.reason).toContain('batches do not wait any more');
    expect(auto.state.predictionError).toBeGreaterThan(0.2);
    for (let id = 50; id < 160; id++) run(id, meanUs(4));
    expect(auto.state).toMatchObject({ phase: 'break-even', reason: null });
    expect(said).toHaveLength(2);
  });

  it('learns nothing from a batch that failed', () => {
    const auto = planner();
    auto.batchStarted({ id: 1, rows: 4 }, 0);
    auto.batchEnded({ id: 1, rows: 4 }, null, 50);
    expect(auto.state.predictionError).toBeNull();
    expect(auto.predictUs(4)).toBe(meanUs(4));
  });

  it('refuses nothing without an SLO, and nothing while no instance serves', () => {
    const backlog = { waitingRows: 1e6, inFlight: 0 };
    expect(planner().admit(1, backlog, 0)).toBeNull();
    expect(planner(24_000, 0).admit(1, backlog, 0)).toBeNull();
  });

  it('refuses with the predicted time, the SLO and what waits', () => {
    const auto = planner(24_000);
    const refusal = auto.admit(1, { waitingRows: 500, inFlight: 0 }, 0);
    expect(refusal?.code).toBe('OVERLOADED');
    expect(refusal?.message).toMatch(/after \d+\.\d ms, the SLO is 24 ms; 500 rows wait/);
    expect(auto.state.refused).toBe(1);
  });

  it('lets the same request in after the time that it said, when nothing else came (property)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 24_000, max: 2_000_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 1, max: 3 }),
        (sloUs, waiting, instances) => {
          const auto = planner(sloUs, instances);
          const refusal = auto.admit(1, { waitingRows: waiting, inFlight: 0 }, 0);
          if (!refusal) return;
          // Until then every instance has run full batches, and is within one.
          const nowUs = (refusal.retryAfterSeconds ?? 0) * 1e6;
          const fullUs = meanUs(auto.cap);
          const runs = Math.floor(nowUs / fullUs);
          let left = Math.max(0, waiting - instances * runs * auto.cap);
          for (let id = 0; id < instances && left > 0; id++) {
            auto.batchStarted({ id, rows: auto.cap }, runs * fullUs);
            left = Math.max(0, left - auto.cap);
          }
          expect(auto.admit(1, { waitingRows: left, inFlight: 0 }, nowUs)).toBeNull();
        },
      ),
    );
  });

  it('leaves none behind where it would be late', () => {
    const padded = (rows: number) => 1_500 + 1_200 * Math.ceil(rows / 8);
    const curve = new CostCurve(profiledSizes(32).map((rows) => ({ rows, runsUs: [padded(rows)] })));
    const options = { curve, maxBatchSize: () => 32, instances: () => 1 };
    const calm = new AutoPlanner({ ...options, sloUs: 100_000 });
    expect(calm.advise(9, 0, 1_000, true)).toMatchObject({ kind: 'send', rows: 8 });
    expect(calm.advise(9, 0, 95_000, true)).toMatchObject({ kind: 'send', rows: 9 });
  });
});
