import { expect, test } from 'vitest';
import { EngineError, silentLogger } from '../base';
import type { SessionSpec } from '../inference';
import { FakeClock, flushPromises, fp32 } from '../testing';
import type { Instance, InstanceState } from './instance';
import { InstancePool, type InstancePoolOptions } from './instance-pool';

const SPEC: SessionSpec = { backend: 'simulated', inputs: [], outputs: [], baseUs: 0, perRowUs: 0 };
const LOST = 'its device is gone: CUDA failure 719: unspecified launch failure';

/** An instance whose device goes away when the test says so. */
class FrailInstance implements Instance {
  onLost: Instance['onLost'] = null;
  state: InstanceState = 'starting';
  readonly provider = 'cuda';
  readonly providerNotes = [];
  #fail: (error: EngineError) => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly startError: string | null,
  ) {}

  async start(): Promise<void> {
    if (this.startError !== null) throw new EngineError('MODEL_INVALID', this.startError);
    this.state = 'idle';
  }

  run(): Promise<never> {
    this.state = 'busy';
    return new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
  }

  loseDevice(): void {
    this.state = 'failed';
    this.#fail(new EngineError('DEVICE_LOST', LOST));
    this.onLost?.(LOST, 'DEVICE_LOST');
  }

  async stop(): Promise<void> {
    this.state = 'stopped';
  }

  kill = () => this.stop();
}

function poolOf(
  startErrorOf: (created: number) => string | null = () => null,
  warmUp?: InstancePoolOptions['warmUp'],
) {
  const clock = new FakeClock();
  const created: FrailInstance[] = [];
  const gaveUp: string[] = [];
  const pool = new InstancePool({
    name: 'm/1',
    clock,
    logger: silentLogger,
    createInstance: (name) => {
      const instance = new FrailInstance(name, startErrorOf(created.length));
      created.push(instance);
      return instance;
    },
    ...(warmUp && { warmUp }),
    onCapacity: () => undefined,
    onMembers: () => undefined,
    onGaveUp: (reason) => gaveUp.push(reason),
  });
  return { clock, created, gaveUp, pool };
}

test('a batch on a lost device fails with a 503 of its own, and the instance is replaced', async () => {
  const { clock, created, gaveUp, pool } = poolOf();
  await pool.want(SPEC, 1);
  const failed = new Promise<EngineError>((resolve) => {
    pool.run([fp32('x', [1, 2])], null, {
      returned: () => undefined,
      done: () => undefined,
      failed: resolve,
    });
  });
  created[0]?.loseDevice();
  const error = await failed;
  expect([error.code, error.httpStatus]).toEqual(['DEVICE_LOST', 503]);
  await clock.advance(1e6);
  expect([created.length, pool.readyCount]).toEqual([2, 1]);
  expect(gaveUp).toEqual([]);
});

test('a device that is lost again at once is given up: no loop of replacements', async () => {
  const { clock, created, gaveUp, pool } = poolOf();
  await pool.want(SPEC, 1);
  created[0]?.loseDevice();
  await clock.advance(1e6);
  created[1]?.loseDevice();
  await clock.advance(3600e6);
  expect(created).toHaveLength(2);
  expect(gaveUp).toEqual([LOST]);
  expect(pool.readyCount).toBe(0);
});

test('two instances that lose one device together are both replaced once', async () => {
  const { clock, created, gaveUp, pool } = poolOf();
  await pool.want(SPEC, 2);
  created[0]?.loseDevice();
  created[1]?.loseDevice();
  await clock.advance(2e6);
  expect([created.length, pool.readyCount]).toEqual([4, 2]);
  expect(gaveUp).toEqual([]);
});

test('a device that was well for a minute in between has another chance', async () => {
  const { clock, created, gaveUp, pool } = poolOf();
  await pool.want(SPEC, 1);
  created[0]?.loseDevice();
  await clock.advance(120e6);
  created[1]?.loseDevice();
  await clock.advance(1e6);
  await flushPromises();
  expect([created.length, pool.readyCount]).toEqual([3, 1]);
  expect(gaveUp).toEqual([]);
});

test('when no session can be made on it again, the reason is what the provider said', async () => {
  const { clock, created, gaveUp, pool } = poolOf((n) => (n === 0 ? null : 'cuda: no CUDA-capable device'));
  await pool.want(SPEC, 1);
  created[0]?.loseDevice();
  await clock.advance(3600e6);
  expect(created).toHaveLength(2);
  expect(gaveUp).toEqual(['cuda: no CUDA-capable device']);
});

test('an instance that is lost while it warms up takes no batch, also when the warm-up makes nothing of it', async () => {
  const { created, pool } = poolOf(undefined, async (instance) => {
    if (instance.name.endsWith('#0')) (instance as FrailInstance).loseDevice();
  });
  const wanted = pool.want(SPEC, 1);
  await expect(wanted).rejects.toMatchObject({ code: 'DEVICE_LOST', message: LOST });
  expect([pool.capacity.idle, pool.readyCount]).toEqual([0, 0]);
  await pool.want(SPEC, 1);
  expect([created.length, pool.capacity.idle, pool.readyCount]).toEqual([2, 1, 1]);
});

test('an instance that warms up does not count as one that serves', async () => {
  let warm: () => void = () => undefined;
  const { created, pool } = poolOf(undefined, () => new Promise((resolve) => (warm = resolve)));
  const wanted = pool.want(SPEC, 1);
  await flushPromises();
  expect([created[0]?.state, pool.readyCount]).toEqual(['idle', 0]);
  warm();
  await wanted;
  expect(pool.readyCount).toBe(1);
});
