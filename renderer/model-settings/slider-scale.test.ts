import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchSizeScale, positionOf, queueDelayScale, valueAt } from './slider-scale';

describe('slider scales', () => {
  it('reach 64 rows and 20 ms by default', () => {
    expect(batchSizeScale(8, 1024).stops.at(-1)).toBe(64);
    expect(queueDelayScale(500, 10_000_000).stops.at(-1)).toBe(20_000);
  });

  it('give every batch size to 16 its own stop', () => {
    expect(batchSizeScale(1, 1024).stops.slice(0, 16)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    ]);
  });

  it('grow when the value in use is larger, but never past the limit', () => {
    expect(batchSizeScale(100, 1024).stops.at(-1)).toBe(128);
    expect(batchSizeScale(100, 120).stops.at(-1)).toBe(120);
    expect(batchSizeScale(8, 32).stops.at(-1)).toBe(32);
    expect(queueDelayScale(10_000_000, 10_000_000).stops.at(-1)).toBe(10_000_000);
  });

  it('have strictly ascending stops that hold the value in use', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1024 }), (value) => {
        const { stops } = batchSizeScale(value, 1024);
        expect(stops.every((stop, i) => i === 0 || stop > (stops[i - 1] ?? 0))).toBe(true);
        expect(stops[0]).toBeLessThanOrEqual(value);
        expect(stops.at(-1)).toBeGreaterThanOrEqual(value);
      }),
    );
  });

  it('take each stop to its position and back', () => {
    const scale = queueDelayScale(50_000, 10_000_000);
    for (const stop of scale.stops) expect(valueAt(scale, positionOf(scale, stop))).toBe(stop);
  });

  it('place a typed value between its neighbours, in order', () => {
    const scale = batchSizeScale(64, 1024);
    expect(positionOf(scale, 33)).toBeGreaterThan(positionOf(scale, 32));
    expect(positionOf(scale, 33)).toBeLessThan(positionOf(scale, 36));
    expect(positionOf(scale, 5_000)).toBe(scale.stops.length - 1);
    expect(valueAt(scale, -3)).toBe(1);
  });
});
