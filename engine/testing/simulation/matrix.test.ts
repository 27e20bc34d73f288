import { describe, expect, it } from 'vitest';
import { compare } from './matrix';
import { CURVES, type SimulatedCurve, type Traffic } from './scenarios';

const curveOf = (name: string) => CURVES.find((curve) => curve.name === name) as SimulatedCurve;

const closed = (name: string, clients: number, thinkUs: number, instances = 1) =>
  compare({ kind: 'closed', curve: curveOf(name), clients, thinkUs, seed: 200 + clients }, { instances })
    .ratio;

const open = (name: string, traffic: Traffic, load: number, instances = 1) =>
  compare(
    {
      kind: 'open',
      curve: curveOf(name),
      traffic,
      load: load * instances,
      seed: 100 + Math.round(load * 10),
    },
    { instances },
  ).ratio;

/** A part of the matrix, each against the best of all 48 static settings; `bench auto-closed` and `auto-open` run the whole. */
describe('auto mode in virtual time, against the best static setting', () => {
  it.each([
    ['overhead-heavy', 500],
    ['linear', 500],
    ['knee', 500],
    ['mid', 50],
  ] as const)(
    'keeps two clients in step (%s, think %i us): a mean gap between arrivals fails here',
    (name, thinkUs) => {
      expect(closed(name, 2, thinkUs)).toBeGreaterThanOrEqual(0.95);
    },
  );

  it.each([
    ['overhead-heavy', 8, 500],
    ['padded', 8, 50],
    ['knee', 16, 50],
    ['linear', 4, 50],
  ] as const)('serves a closed loop (%s, %i clients) in full rounds', (name, clients, thinkUs) => {
    expect(closed(name, clients, thinkUs)).toBeGreaterThanOrEqual(0.92);
  });

  it.each([
    ['overhead-heavy', 0.6],
    ['linear', 0.3],
  ] as const)('does not wait where Poisson traffic batches by itself (%s)', (name, load) => {
    expect(open(name, 'poisson', load)).toBeLessThanOrEqual(1.12);
  });

  it.each([
    ['overhead-heavy', 'bursts', 0.8],
    ['padded', 'modulated', 0.8],
    ['mid', 'modulated', 0.8],
  ] as const)(
    'keeps its p99 near saturation, where traffic switches fast (%s, %s)',
    (name, traffic, load) => {
      expect(open(name, traffic, load)).toBeLessThanOrEqual(1.25);
    },
  );

  it('is as good with two instances', () => {
    expect(closed('overhead-heavy', 8, 500, 2)).toBeGreaterThanOrEqual(0.88);
    expect(open('mid', 'bursts', 0.6, 2)).toBeLessThanOrEqual(1.25);
  });
});
