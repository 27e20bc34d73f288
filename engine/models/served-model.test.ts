import { expect, test } from 'vitest';
import { ChaosModel } from '../testing/simulation/chaos/chaos-model';
import { chaosWorld } from '../testing/simulation/chaos/chaos-world';
import { TOKENS } from '../testing/simulation/chaos/device-watch';
import { MODEL_KINDS, type ModelKind } from '../testing/simulation/chaos/model-kinds';
import { Random } from '../testing/simulation/random';

const [KIND] = MODEL_KINDS as [ModelKind];

function open(kind = KIND) {
  const world = chaosWorld(new Random(1));
  const { clock } = world;
  const advance = async (us: number): Promise<void> => {
    let isOver = false;
    clock.callAt(clock.nowUs() + us, () => {
      isOver = true;
    });
    do await new Promise((resolve) => setImmediate(resolve));
    while (!isOver && clock.step());
  };
  const model = new ChaosModel(kind, world);
  world.memory.add(model);
  return { world, advance, model };
}

test.each([
  ['can start', 0],
  ['cannot start', 1e9],
])(
  'a version that leaves while its settings change leaves nothing behind, when new instances %s',
  async (_, refusesStartsUntilUs) => {
    const { world, advance, model } = open();
    void model.replace(0);
    await advance(1e6);
    const served = model.current;
    world.device.refusesStartsUntilUs = refusesStartsUntilUs;
    void model.apply({ ...KIND.settings, instanceCount: 2, maxInstanceCount: 4 });
    // As the registry does when the last instance is lost and cannot be replaced.
    void served?.retire(0);
    await advance(60e6);
    expect(world.device.alive.size).toBe(0);
    expect(world.clock.size).toBe(0);
  },
);

test('a model that leaves auto mode refuses nothing for its SLO any more, also while other instances start for it', async () => {
  const auto = MODEL_KINDS.find(({ name }) => name === 'auto') ?? KIND;
  const { world, advance, model } = open({ ...auto, settings: { ...auto.settings, sloMs: 200 } });
  const ask = (count: number) => {
    for (let i = 0; i < count; i++)
      model.ask({ width: 2, seconds: [0], parameters: new Map(), cancelAfterUs: null }, () => undefined);
  };
  void model.replace(0);
  await advance(30e6);
  ask(100);
  await advance(10e6);
  expect(world.ledger.endings.OVERLOADED).toBeGreaterThan(0);
  const before = world.ledger.endings.OVERLOADED;
  void model.apply({
    ...auto.settings,
    batching: 'fixed',
    sloMs: 200,
    instanceCount: 2,
    maxInstanceCount: 2,
  });
  // The change has its turn; the other instance takes longer to start.
  await advance(1);
  ask(100);
  await advance(10e6);
  expect(world.ledger.faults).toEqual([]);
  expect(world.ledger.endings.OVERLOADED).toBe(before);
});

test('an instance that is lost while the cost curve is measured between batches is replaced, and requests are answered', async () => {
  const { world, advance, model } = open();
  const ask = () =>
    model.ask({ width: 2, seconds: [0], parameters: new Map(), cancelAfterUs: null }, () => undefined);
  void model.replace(0);
  await advance(1e6);
  void model.apply({ ...KIND.settings, batching: 'auto' });
  await advance(10_000);
  // Behind the first measuring run, so that a pause follows it.
  ask();
  await advance(200_000);
  expect(world.ledger.endings.right).toBe(1);
  expect(model.current?.auto?.phase).toBe('measuring');
  void model.instances[0]?.kill('killed, as planned');
  ask();
  await advance(10e6);
  expect(world.ledger.endings.right).toBe(2);
  expect(model.current?.readyInstances).toBe(1);
  await advance(20e6);
  expect(model.current?.auto?.phase).toBe('break-even');
  expect(world.ledger.faults).toEqual([]);
});

test('further instances serve at once, however long the cost curve is being measured between batches', async () => {
  const { world, advance, model } = open();
  const auto = { ...KIND.settings, batching: 'auto' } as const;
  void model.replace(0);
  await advance(1e6);
  void model.apply(auto);
  await advance(10_000);
  void model.apply({ ...auto, instanceCount: 3, maxInstanceCount: 3 });
  await advance(500_000);
  expect(model.current?.auto?.phase).toBe('measuring');
  expect(model.current?.readyInstances).toBe(3);
  expect(world.ledger.faults).toEqual([]);
});

test('a background model that is evicted answers what it has and is gone, however busy the foreground keeps the device', async () => {
  const { world, advance, model } = open({
    ...KIND,
    // One more than run at once: its bid always stands.
    settings: { ...KIND.settings, instanceCount: TOKENS + 1, maxInstanceCount: TOKENS + 1 },
  });
  const kind = MODEL_KINDS.find(({ name }) => name === 'background') ?? KIND;
  const background = new ChaosModel(kind, world);
  world.memory.add(background);
  void model.replace(0);
  void background.replace(0);
  await advance(5e6);
  const ask = (one: ChaosModel, onEnd: () => void) =>
    one.ask({ width: 2, seconds: [0], parameters: new Map(), cancelAfterUs: null }, onEnd);
  let goesOn = true;
  const again = () => {
    if (goesOn) ask(model, again);
  };
  for (let i = 0; i < 200; i++) again();
  await advance(1e6);
  let answered = 0;
  for (let i = 0; i < 40; i++) ask(background, () => answered++);
  await advance(10e6);
  expect(answered).toBe(0);
  void background.evict('to make room');
  await advance(2e6);
  expect(answered).toBe(40);
  expect(background.current).toBeNull();
  expect(world.memory.residency.heldBy('background')).toBeNull();
  goesOn = false;
  await advance(10e6);
  expect(world.ledger.faults).toEqual([]);
});
