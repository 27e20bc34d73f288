import { expect, test } from 'vitest';
import { follow } from './follow';

test('gives what is pushed, in order, and ends with the signal', async () => {
  const stop = new AbortController();
  let push: (value: number) => void = () => undefined;
  let stopped = false;
  const values = follow<number>(
    (given) => {
      push = given;
      return () => {
        stopped = true;
      };
    },
    { signal: stop.signal, keep: 10 },
  );
  const first = values.next();
  push(1);
  push(2);
  expect(await first).toEqual({ done: false, value: 1 });
  expect(await values.next()).toEqual({ done: false, value: 2 });
  const last = values.next();
  stop.abort();
  expect((await last).done).toBe(true);
  expect(stopped).toBe(true);
});

test('a slow reader gets the newest values; no more than `keep` of them wait', async () => {
  const values = follow<number>(
    (push) => {
      for (let i = 0; i < 1000; i++) push(i);
      return () => undefined;
    },
    { signal: undefined, keep: 3 },
  );
  expect([await values.next(), await values.next(), await values.next()].map((next) => next.value)).toEqual([
    997, 998, 999,
  ]);
  await values.return();
});
