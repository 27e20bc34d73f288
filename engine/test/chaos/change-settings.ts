import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ModelSettings, ModelSettingsPatch } from '../../contract';
import { createRandom, type Random } from '../random';
import type { TestEngine } from '../start-engine';
import { waitUntil } from '../wait-until';
import { CHANGED_BY, PATIENCE_MS } from './chaos-models';

const CHANGE_EVERY_MS = 1000;

export interface Changes {
  registry: number;
  socket: number;
  file: number;
}

/** One change a second, by turns in the three ways, of a model whose last change has been followed. */
export async function changeSettings(t: TestEngine, endMs: number): Promise<Changes> {
  const random = createRandom(42);
  const changes: Changes = { registry: 0, socket: 0, file: 0 };
  const ways = Object.keys(changes) as (keyof Changes)[];
  const underWay = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  for (let tick = 0; performance.now() < endMs && failures.length === 0; tick++) {
    const nextMs = performance.now() + CHANGE_EVERY_MS;
    const inTurn = ways.map((_, i) => ways[(tick + i) % ways.length] ?? 'registry');
    const free = inTurn.flatMap((way) =>
      CHANGED_BY[way].filter((model) => !underWay.has(model)).map((model) => ({ way, model })),
    );
    const chosen = free.find(({ way }) => way === inTurn[0]) ?? free[0];
    if (chosen) {
      const { way, model } = chosen;
      const change = changeOne(t, way, model, randomSettings(random))
        .catch((error: unknown) => failures.push(error))
        .then(() => void underWay.delete(model));
      underWay.set(model, change);
      changes[way]++;
    }
    await pause(Math.max(0, nextMs - performance.now()));
  }
  await Promise.all(underWay.values());
  assert.deepStrictEqual(failures, []);
  return changes;
}

async function changeOne(
  t: TestEngine,
  way: keyof Changes,
  model: string,
  settings: SomeSettings,
): Promise<void> {
  if (way === 'file') {
    t.write({ [`${model}/config.pbtxt`]: configText(settings) });
    await waitUntil(`${model} follows its file`, () => follows(t, model, settings), {
      limitMs: PATIENCE_MS,
    }).catch((error: Error) => {
      const { settings: now, instancesReady, state, reason } = t.engine.registry.summary(model);
      const facts = { wanted: settings, now, instancesReady, state, reason, logs: t.logs.slice(-20) };
      throw new Error(`${error.message}: ${JSON.stringify(facts)}`);
    });
    return;
  }
  const { settings: now } =
    way === 'registry'
      ? await t.engine.registry.updateSettings(model, settings)
      : await t.control.calls.updateSettings.mutate({ name: model, patch: settings });
  assert.deepStrictEqual({ ...now, ...settings }, now);
  const text = readFileSync(join(t.repositoryPath, model, 'config.pbtxt'), 'utf8');
  assert.match(text, new RegExp(`max_batch_size: ${settings.maxBatchSize}\\b`));
}

type SomeSettings = Pick<
  ModelSettings,
  'batching' | 'maxBatchSize' | 'preferredBatchSizes' | 'maxQueueDelayUs' | 'instanceCount' | 'intraOpThreads'
>;

/** Requests have up to 3 rows, so that is the smallest limit here. */
function randomSettings(random: Random): SomeSettings {
  const maxBatchSize = random.pick([3, 4, 8, 16, 32]);
  return {
    batching: random.pick(['off', 'fixed', 'fixed', 'auto'] as const),
    maxBatchSize,
    preferredBatchSizes: random.pick([[], [], [2], [3], [2, 3]]),
    maxQueueDelayUs: random.pick([0, 0, 300, 1500, 20_000]),
    instanceCount: 1 + random.below(3),
    intraOpThreads: 1 + random.below(2),
  } satisfies ModelSettingsPatch;
}

function configText(settings: SomeSettings): string {
  return `# edited by hand
max_batch_size: ${settings.maxBatchSize}
dynamic_batching {
  preferred_batch_size: [ ${settings.preferredBatchSizes.join(', ')} ]
  max_queue_delay_microseconds: ${settings.maxQueueDelayUs}
}
instance_group [ { count: ${settings.instanceCount} kind: KIND_CPU } ]
parameters { key: "ferry.batching" value { string_value: "${settings.batching}" } }
parameters { key: "intra_op_thread_count" value { string_value: "${settings.intraOpThreads}" } }
`;
}

function follows(t: TestEngine, model: string, wanted: SomeSettings): boolean {
  const summary = t.engine.registry.summary(model);
  const keys = Object.keys(wanted) as (keyof SomeSettings)[];
  return (
    keys.every((key) => JSON.stringify(summary.settings[key]) === JSON.stringify(wanted[key])) &&
    summary.instancesReady === wanted.instanceCount
  );
}
