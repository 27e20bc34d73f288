import { afterAll, expect, test } from 'vitest';
import { systemClock } from './system-clock';

const clock = systemClock();
afterAll(() => clock.close());

const firedAfterUs = (delayUs: number) =>
  new Promise<number>((resolve) => {
    const fromUs = clock.nowUs();
    clock.callAt(fromUs + delayUs, () => resolve(clock.nowUs() - fromUs));
  });

test.each([0, 50, 250, 900, 1_500, 3_000, 12_345, 25_000])(
  'a call asked for in %i us never comes early',
  async (delayUs) => {
    // One microsecond of slack: the clock's own readings are floating point.
    expect(await firedAfterUs(delayUs)).toBeGreaterThanOrEqual(delayUs - 1);
  },
);

test('calls come in the order of their times, whatever the order of asking', async () => {
  const order: number[] = [];
  const nowUs = clock.nowUs();
  await Promise.all(
    [4_000, 300, 1_700, 900].map(
      (delayUs) =>
        new Promise<void>((resolve) => {
          clock.callAt(nowUs + delayUs, () => {
            order.push(delayUs);
            resolve();
          });
        }),
    ),
  );
  expect(order).toEqual([300, 900, 1_700, 4_000]);
});

test('calls come in the order of their times when the loop stalled past all of them', async () => {
  const order: number[] = [];
  const nowUs = clock.nowUs();
  const calls = [3_000, 1_400, 2_200, 300].map(
    (delayUs) =>
      new Promise<void>((resolve) => {
        clock.callAt(nowUs + delayUs, () => {
          order.push(delayUs);
          resolve();
        });
      }),
  );
  while (clock.nowUs() < nowUs + 30_000);
  await Promise.all(calls);
  expect(order).toEqual([300, 1_400, 2_200, 3_000]);
});

test('a cancelled call does not come', async () => {
  let fired = 0;
  clock.callAt(clock.nowUs() + 300, () => fired++).cancel();
  clock.callAt(clock.nowUs() + 5_000, () => fired++).cancel();
  clock.callAt(clock.nowUs(), () => fired++).cancel();
  await firedAfterUs(8_000);
  expect(fired).toBe(0);
});
