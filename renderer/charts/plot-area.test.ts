import { expect, test } from 'vitest';
import { PLOT, secondsAgoAt } from './plot-area';

const WIDTH = 500;

test('the edges of the plot are the oldest instant and now', () => {
  expect(secondsAgoAt(PLOT.left, WIDTH, 60)).toBe(-60);
  expect(secondsAgoAt(WIDTH - PLOT.right, WIDTH, 60)).toBe(0);
});

test('beside the plot there is no instant', () => {
  expect(secondsAgoAt(PLOT.left - 1, WIDTH, 60)).toBeNull();
  expect(secondsAgoAt(WIDTH, WIDTH, 60)).toBeNull();
});
