import type { Random } from './random';

/** Mean time of a batch of `rows`, microseconds. */
export interface SimulatedCurve {
  readonly name: string;
  readonly meanUs: (rows: number) => number;
}

export const MAX_ROWS = 32;

/** The curves on which the constants of auto mode were chosen. */
export const CURVES: readonly SimulatedCurve[] = [
  { name: 'overhead-heavy', meanUs: (rows) => 2000 + 100 * rows },
  { name: 'mid', meanUs: (rows) => 2000 + 400 * rows },
  { name: 'linear', meanUs: (rows) => 1000 + 1000 * rows },
  { name: 'padded', meanUs: (rows) => 1500 + 150 * 8 * Math.ceil(rows / 8) },
  { name: 'knee', meanUs: (rows) => 2000 + 100 * Math.min(rows, 16) + 600 * Math.max(0, rows - 16) },
];

/** Most rows per microsecond that a curve allows. */
export function peakRate(curve: SimulatedCurve, most = MAX_ROWS): number {
  let best = 0;
  for (let rows = 1; rows <= most; rows++) best = Math.max(best, rows / curve.meanUs(rows));
  return best;
}

export const TRAFFICS = ['poisson', 'bursts', 'modulated'] as const;
export type Traffic = (typeof TRAFFICS)[number];

/** Arrivals of an open loop. */
export interface OpenScenario {
  readonly kind: 'open';
  readonly curve: SimulatedCurve;
  readonly traffic: Traffic;
  /** Share of the curve's peak. */
  readonly load: number;
  readonly seed: number;
}

/** Clients that send again once they have their answer. */
export interface ClosedScenario {
  readonly kind: 'closed';
  readonly curve: SimulatedCurve;
  readonly clients: number;
  /** Mean of the exponential time until a client sends again, microseconds. */
  readonly thinkUs: number;
  readonly seed: number;
}

export type Scenario = OpenScenario | ClosedScenario;

export function nameOf(scenario: Scenario): string {
  return scenario.kind === 'open'
    ? `${scenario.curve.name} ${scenario.traffic} ${scenario.load}`
    : `${scenario.curve.name} ${scenario.clients} clients ${scenario.thinkUs / 1000} ms`;
}

export function openScenarios(
  curves: readonly SimulatedCurve[],
  loads: readonly number[],
  seed: number,
): readonly OpenScenario[] {
  return curves.flatMap((curve) =>
    TRAFFICS.flatMap((traffic) =>
      loads.map((load, i): OpenScenario => ({ kind: 'open', curve, traffic, load, seed: seed + i })),
    ),
  );
}

export function closedScenarios(
  curves: readonly SimulatedCurve[],
  thinksUs: readonly number[],
  seed: number,
): readonly ClosedScenario[] {
  return curves.flatMap((curve) =>
    thinksUs.flatMap((thinkUs) =>
      [1, 2, 4, 8, 16, 32, 64].map(
        (clients): ClosedScenario => ({ kind: 'closed', curve, clients, thinkUs, seed: seed + clients }),
      ),
    ),
  );
}

/** `count` instants of an open loop, ascending, microseconds. `rate`: nominal, per microsecond. */
export function arrivalsOf(traffic: Traffic, rate: number, count: number, random: Random): Float64Array {
  const times = new Float64Array(count);
  if (traffic === 'bursts') return bursts(times, rate, random);
  let atUs = 0;
  let phase = 0;
  let phaseEndsUs = 0;
  for (let i = 0; i < count; i++) {
    if (traffic === 'poisson') {
      times[i] = atUs += random.exponential(1 / rate);
      continue;
    }
    // Two states, high 1.2 and low 0.2 of nominal, mean stays 20 and 35 ms: 0.56 of nominal on the whole.
    for (;;) {
      const next = atUs + random.exponential(1 / (rate * (phase === 1 ? 1.2 : 0.2)));
      if (next <= phaseEndsUs) {
        times[i] = atUs = next;
        break;
      }
      atUs = phaseEndsUs;
      phase = 1 - phase;
      phaseEndsUs = atUs + random.exponential(phase === 1 ? 20_000 : 35_000);
    }
  }
  return times;
}

/** Bursts at the times of a Poisson process, of 1 to 15 requests (mean 8) spread over a millisecond. */
function bursts(times: Float64Array, rate: number, random: Random): Float64Array {
  let atUs = 0;
  for (let i = 0; i < times.length; ) {
    atUs += random.exponential(8 / rate);
    const size = 1 + Math.floor(random.uniform() * 15);
    for (let j = 0; j < size && i < times.length; j++) times[i++] = atUs + random.uniform() * 1000;
  }
  return times.sort();
}
