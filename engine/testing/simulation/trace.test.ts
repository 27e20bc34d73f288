import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compare } from './matrix';
import { Random } from './random';
import { CURVES, peakRate, type SimulatedCurve } from './scenarios';
import { atRate, burstyTrace, diurnalTrace, readTrace } from './trace';

const mid = CURVES[1] as SimulatedCurve;
const recorded = readTrace(readFileSync(new URL('./traces/web-clients.ndjson', import.meta.url), 'utf8'));
const rate = 0.5 * peakRate(mid);

describe('a trace', () => {
  it('is read from its instants, in any order, and begins at 0', () => {
    expect([...readTrace('{"atUs": 30}\n\n{"atUs": 10, "path": "/"}\n')]).toEqual([0, 20]);
    expect(recorded.length).toBeGreaterThan(1_000);
  });

  it.each(['{"at": 3}', 'null', '{"atUs": "3"}', '{'])('is refused at the line %s, by its number', (line) => {
    expect(() => readTrace(`{"atUs": 1}\n${line}`)).toThrow('line 2 of the trace');
  });

  it('can be played at another rate', () => {
    expect([...atRate(Float64Array.of(0, 10, 40), 1)]).toEqual([0, 0.75, 3]);
  });

  it.each([
    ['bursty', burstyTrace],
    ['diurnal', diurnalTrace],
  ] as const)('of %s shape has the rate that was asked for, in order', (_name, trace) => {
    const times = trace(20_000, 0.002, new Random(5));
    expect(times.length / (times.at(-1) ?? 0) / 0.002).toBeCloseTo(1, 0);
    expect([...times].every((us, i) => i === 0 || us >= (times[i - 1] ?? 0))).toBe(true);
  });
});

describe('auto mode replaying a trace, against the best static setting', () => {
  it.each([
    ['recorded from web clients', atRate(recorded, rate)],
    ['bursty', burstyTrace(4_000, rate, new Random(21))],
    ['diurnal', diurnalTrace(4_000, rate, new Random(22))],
  ])('%s: p99 stays near the best', (_name, arrivalsUs) => {
    const scenario = { kind: 'open', curve: mid, traffic: 'poisson', load: 0.5, seed: 31 } as const;
    expect(compare(scenario, { arrivalsUs }).ratio).toBeLessThanOrEqual(1.2);
  });
});
