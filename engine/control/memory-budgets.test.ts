import { expect, test } from 'vitest';
import type { DeviceInfo } from '../contract';
import { changedBudgets } from './memory-budgets';

const info = (id: string, kind: DeviceInfo['kind']) => ({ id, kind }) as DeviceInfo;
const monitor = { infos: () => [info('cpu', 'cpu'), info('nvidia:0', 'gpu')] };

test('budgets are changed by what devices are called', () => {
  expect([...changedBudgets(['cpu=4GiB', 'gpu:0=none'], monitor)]).toEqual([
    ['cpu', { bytes: 4 * 2 ** 30, note: 'memory budget cpu', isGiven: true }],
    ['nvidia:0', { bytes: null, note: 'memory budget gpu:0', isGiven: true }],
  ]);
});

test('all that is wrong is told together', () => {
  const faultsOf = (...words: readonly string[]) => {
    try {
      changedBudgets(words, monitor);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it took them');
  };
  const both = faultsOf('cpu=much', 'tpu=1GiB');
  expect(both).toMatch(/^memory budget "cpu=much" must be DEVICE=BYTES/);
  expect(both).toMatch(
    /; memory budget names "tpu", which is not there; devices are simulated, cpu, nvidia:0, gpu:0$/,
  );
  expect(faultsOf('gpu:0=1GiB', 'nvidia:0=2GiB')).toBe('memory budget names nvidia:0 twice');
  expect(faultsOf('cpu=1GiB', 'cpu=2GiB')).toMatch(/names "cpu" twice/);
});
