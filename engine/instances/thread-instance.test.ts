import { afterEach, expect, test } from 'vitest';
import { silentLogger, systemClock } from '../base';
import type { TensorSpec } from '../contract';
import type { SessionSpec } from '../inference';
import type { NamedTensor } from '../tensor';
import { floatsOf, fp32 } from '../testing';
import type { RunOutput } from './instance';
import { InstancePool } from './instance-pool';
import { ThreadInstance } from './thread-instance';

const clock = systemClock();
const row: TensorSpec = {
  name: 'x',
  datatype: 'FP32',
  shape: [-1, 2],
  dimNames: ['batch', null],
  optional: false,
};
const spec = (baseUs = 100): SessionSpec => ({
  backend: 'simulated',
  inputs: [row],
  outputs: [{ ...row, name: 'y' }],
  baseUs,
  perRowUs: 0,
});

const run = (pool: InstancePool, inputs: NamedTensor[]) =>
  new Promise<RunOutput>((done, failed) => {
    pool.run(inputs, null, { returned: () => undefined, done, failed });
  });

const pools: InstancePool[] = [];
const poolWith = (onChange: () => void = () => undefined, onLost?: (message: string) => void) => {
  const pool = new InstancePool({
    name: 'm/1',
    clock,
    logger: silentLogger,
    onMembers: onChange,
    onCapacity: () => undefined,
    onLost,
    createInstance: (name, wanted) => new ThreadInstance(name, wanted, clock),
  });
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
});

test('a thread runs a batch and gives the answer back; the input buffer is transferred, not copied', async () => {
  const pool = poolWith();
  await pool.want(spec(), 1);
  const input = fp32('x', [2, 2], [1, 2, 3, 4]);
  const output = run(pool, [input]);
  expect(input.data.byteLength).toBe(0);
  expect(floatsOf((await output).outputs[0])).toEqual([1, 2, 3, 4]);
  expect((await output).computeInferUs).toBeGreaterThan(0);
});

test('more instances are added and taken away while others run', async () => {
  const pool = poolWith();
  await pool.want(spec(20_000), 1);
  const output = run(pool, [fp32('x', [1, 2])]);
  await pool.want(spec(20_000), 3);
  expect(pool.readyCount).toBe(3);
  await pool.want(spec(20_000), 1);
  expect(pool.readyCount).toBe(1);
  await expect(output).resolves.toMatchObject({ outputs: [{ name: 'y' }] });
});

test('another spec replaces the instances: the new ones serve before the old ones leave', async () => {
  const counts: number[] = [];
  const pool: InstancePool = poolWith(() => counts.push(pool.readyCount));
  await pool.want(spec(100), 2);
  const before = pool.instances.map((instance) => instance.name);
  counts.length = 0;
  await pool.want(spec(200), 2);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
  expect(pool.instances.map((instance) => instance.name)).not.toEqual(before);
});

test('a thread that dies in a batch fails that batch with INSTANCE_LOST and is replaced', async () => {
  let lost = '';
  let replaced: () => void = () => undefined;
  const isReplaced = new Promise<void>((resolve) => (replaced = resolve));
  const pool: InstancePool = poolWith(
    () => lost !== '' && pool.readyCount === 1 && replaced(),
    (message) => (lost = message),
  );
  await pool.want(spec(5e6), 1);
  const output = run(pool, [fp32('x', [1, 2])]);
  const failure = expect(output).rejects.toMatchObject({ code: 'INSTANCE_LOST', retryAfterSeconds: 1 });
  await pool.instances[0]?.kill();
  await failure;
  expect(lost).toContain('m/1#0');
  await isReplaced;
  expect(pool.instances[0]?.name).toBe('m/1#1');
});

test('a model that does not load says why and leaves no thread', async () => {
  const pool = poolWith();
  const broken: SessionSpec = {
    backend: 'onnxruntime',
    modelPath: '/nowhere/model.onnx',
    executionProviders: ['cpu'],
    intraOpThreads: 1,
  };
  await expect(pool.want(broken, 2)).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining('cpu: '),
  });
  expect(pool.instances).toHaveLength(0);
});

test('a loss that cannot be made good is told once, with why, and no instance is tried again', async () => {
  let starts = 0;
  let tell: (reason: string) => void = () => undefined;
  const told = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const pool = new InstancePool({
    name: 'm/1',
    clock,
    logger: silentLogger,
    onCapacity: () => undefined,
    onMembers: () => undefined,
    onGaveUp: (reason) => tell(reason),
    createInstance: (name, wanted) => {
      starts++;
      const broken: SessionSpec = {
        backend: 'onnxruntime',
        modelPath: '/nowhere/model.onnx',
        executionProviders: ['cpu'],
        intraOpThreads: 1,
      };
      return new ThreadInstance(name, starts === 1 ? wanted : broken, clock);
    },
  });
  pools.push(pool);
  await pool.want(spec(), 1);
  await pool.instances[0]?.kill();
  expect(await told).toContain('ONNX Runtime does not load the model');
  expect(starts).toBe(2);
  expect(pool.readyCount).toBe(0);
});
