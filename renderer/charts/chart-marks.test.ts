import { expect, test } from 'vitest';
import { CHANGE_KINDS, type ChangeMark } from '../../engine/contract';
import { changeLetter, changeMeaning } from './change-kinds';
import { chartMarks } from './chart-marks';

const mark = (id: number, atMs: number, model: string | null, text: string): ChangeMark => ({
  id,
  atMs,
  model,
  kind: 'settings',
  text,
});
const SPAN = { fromMs: 1_000, toMs: 61_000 };

test('marks are the changes inside the window, of the chosen model and of the engine', () => {
  const marks = [
    mark(1, 500, 'a', 'old'),
    mark(2, 31_000, 'a', 'size 1 -> 16'),
    mark(3, 32_000, 'b', 'off'),
    mark(4, 33_000, null, 'started'),
    mark(5, 61_001, null, 'still to come'),
  ];
  expect(chartMarks(marks, SPAN, 'a')).toEqual([
    { id: 2, kind: 'settings', secondsAgo: -30, text: 'size 1 -> 16' },
    { id: 4, kind: 'settings', secondsAgo: -28, text: 'started' },
  ]);
});

test('a mark names its model when all are shown, once', () => {
  expect(chartMarks([mark(2, 31_000, 'a1', 'size 1 -> 16')], SPAN, null)[0]?.text).toBe('a1: size 1 -> 16');
  expect(chartMarks([mark(2, 31_000, 'a1', 'a1 is evicted')], SPAN, null)[0]?.text).toBe('a1 is evicted');
});

test('of more changes than a chart can show the newest are marked', () => {
  const marks = Array.from({ length: 100 }, (_, id) => mark(id, 31_000, 'a', 'x'));
  expect(chartMarks(marks, SPAN, 'a').map(({ id }) => id)).toEqual(marks.slice(60).map(({ id }) => id));
});

test('every kind of change has a letter and a meaning of its own', () => {
  expect(new Set(CHANGE_KINDS.map(changeLetter)).size).toBe(CHANGE_KINDS.length);
  expect(new Set(CHANGE_KINDS.map(changeMeaning)).size).toBe(CHANGE_KINDS.length);
});
