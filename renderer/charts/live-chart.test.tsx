import { act, cleanup, render, screen, within } from '@testing-library/react';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ChartSeries } from './chart-types';
import { setHover } from './hover';
import { LiveChart } from './live-chart';

// There is no layout here, and nothing drawn: what is tested is what stands around the drawing.
vi.mock('./plot', () => ({ Plot: () => null }));

const SERIES: readonly ChartSeries[] = [
  { label: 'p50', color: 'blue', kind: 'line' },
  { label: 'p99', color: 'red', kind: 'line' },
];
const POINTS = [
  { secondsAgo: -30, values: [4, 9] },
  { secondsAgo: -10, values: [5, null] },
  { secondsAgo: 0, values: [6, 12] },
];
const MARKS = [{ id: 1, secondsAgo: -10, kind: 'settings' as const, text: 'max batch size 1 -> 16' }];
const milliseconds = (value: number) => `${value} ms`;

const show = (points: typeof POINTS | { secondsAgo: number; values: null[] }[]) =>
  render(
    <LiveChart
      title="Latency"
      unit="in the engine"
      windowMinutes={1}
      series={SERIES}
      points={points}
      marks={MARKS}
      format={milliseconds}
      empty="Nothing is answered yet"
    />,
  );

const legend = () =>
  within(screen.getByRole('list'))
    .getAllByRole('listitem')
    .map((item) => item.textContent);

describe('a live chart', () => {
  afterEach(() => {
    act(() => setHover(null));
    cleanup();
  });

  test('shows the newest values in its legend', () => {
    show(POINTS);
    expect(legend()).toEqual(['p506 ms', 'p9912 ms']);
  });

  test('shows the values under the shared pointer, and "n/a" where there is none', () => {
    show(POINTS);
    act(() => setHover(-11));
    expect(legend()).toEqual(['p505 ms', 'p99n/a']);
    expect(screen.getByText('−10 s')).toBeDefined();
  });

  test('names a change that the pointer is near', () => {
    show(POINTS);
    expect(screen.queryByText('max batch size 1 -> 16')).toBeNull();
    act(() => setHover(-10.3));
    expect(screen.getByText('max batch size 1 -> 16')).toBeDefined();
  });

  test('says its newest values and changes in words', () => {
    show(POINTS);
    const text = screen.getByRole('group', { name: 'Latency chart' }).textContent;
    expect(text).toContain('Latency, in the engine, now: p50 6 ms, p99 12 ms');
    expect(text).toContain('Changes: −10 s max batch size 1 -> 16');
  });

  test('says what to do while there is nothing to draw', () => {
    show([{ secondsAgo: 0, values: [null, null] }]);
    expect(screen.getByText('Nothing is answered yet')).toBeDefined();
  });
});
