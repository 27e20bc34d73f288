import { expect, test } from 'vitest';
import type { InstancePool, RunOutput } from '../../instances';
import { SpareRuns } from './spare-runs';

type Outcome = Parameters<InstancePool['run']>[2];

const OUTPUT: RunOutput = { outputs: [], computeInputUs: 0, computeInferUs: 1, computeOutputUs: 0 };

/** One instance, busy with requests until it is told. */
function open() {
  const running: Outcome[] = [];
  const capacity = { idle: 0, ahead: 0 };
  const spare = new SpareRuns({
    get capacity() {
      return { ...capacity };
    },
    run: (_inputs, _names, outcome) => {
      running.push(outcome);
      return 'm/1#0';
    },
  });
  return { running, capacity, spare };
}

test('two measurements that meet take turns, one run at a time, and both get their answers', async () => {
  const { running, capacity, spare } = open();
  const all = [spare.run([]), spare.run([])];
  expect(running.length).toBe(0);
  capacity.idle = 1;
  spare.capacityChanged();
  spare.capacityChanged();
  expect(running.length).toBe(1);
  running[0]?.done(OUTPUT);
  expect(running.length).toBe(2);
  running[1]?.done(OUTPUT);
  expect(await Promise.all(all)).toEqual([OUTPUT, OUTPUT]);
});

test('a stop ends all that wait, and nothing begins after it', async () => {
  const { running, capacity, spare } = open();
  const all = [spare.run([]), spare.run([])];
  spare.stop();
  capacity.idle = 1;
  for (const one of [...all, spare.run([])]) await expect(one).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(running.length).toBe(0);
});
