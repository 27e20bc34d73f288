import { describe, expect, it } from 'vitest';
import { Random } from './random';
import { arrivalsOf } from './scenarios';
import { simulate } from './simulate';

/*
 * Inoue ("Queueing analysis of GPU-based inference servers with dynamic batching", 2021): all that waits is served at once, b rows
 * take alpha b + tau, arrivals are Poisson. With x = lambda alpha the mean latency is at most the lesser of
 *
 *   tau 3 / (2 (1 - x)) + alpha (2 + x) / (2 (1 - x^2))                               (as if the server were never idle)
 *   (alpha + tau) / (2 (1 - x)) (1 + 2 lambda tau + (1 - lambda tau) / (1 + x))       (close while it often is)
 *
 * The first follows from E[S^2] / E[S] of the service time S, when each batch is what arrived during the one before it.
 */
function boundUs(lambda: number, alphaUs: number, tauUs: number): number {
  const x = lambda * alphaUs;
  const busy = (tauUs * 3) / (2 * (1 - x)) + (alphaUs * (2 + x)) / (2 * (1 - x * x));
  const calm =
    ((alphaUs + tauUs) / (2 * (1 - x))) * (1 + 2 * lambda * tauUs + (1 - lambda * tauUs) / (1 + x));
  return Math.min(busy, calm);
}

describe('the simulator against the closed form', () => {
  it.each([
    [100, 2_000],
    [400, 2_000],
    [1_000, 1_000],
  ])('has the mean latency of the bound, not above it (alpha %i us, tau %i us)', (alphaUs, tauUs) => {
    for (const x of [0.05, 0.3, 0.6, 0.8]) {
      const lambda = x / alphaUs;
      const requests = 60_000;
      const { latenciesUs } = simulate(
        {
          kind: 'open',
          curve: { name: 'exact', meanUs: (rows) => alphaUs * rows + tauUs },
          traffic: 'poisson',
          load: 1,
          seed: 3,
        },
        {
          setting: { maxBatchSize: 2_000, maxQueueDelayUs: 0 },
          maxRows: 2_000,
          requests,
          exact: true,
          arrivalsUs: arrivalsOf('poisson', lambda, requests, new Random(77)),
        },
      );
      const meanUs = latenciesUs.reduce((sum, us) => sum + us, 0) / latenciesUs.length;
      const ratio = meanUs / boundUs(lambda, alphaUs, tauUs);
      expect(ratio).toBeLessThanOrEqual(1.02);
      expect(ratio).toBeGreaterThanOrEqual(0.9);
    }
  });
});
