import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { addingModel } from '../arithmetic-models';
import type { TestEngine } from '../start-engine';
import { waitUntil } from '../wait-until';
import { KILLED, PATIENCE_MS } from './chaos-models';

/** A guest is unloaded and loaded, one that serves is loaded anew, one is imported, asked and removed: again and again. */
export async function comeAndGo(t: TestEngine, endMs: number): Promise<number> {
  const source = t.folder.write({ 'elsewhere/stranger.onnx': addingModel(['batch', 2], 11) });
  const { calls } = t.control;
  let visits = 0;
  while (performance.now() < endMs) {
    await calls.unloadModel.mutate({ name: 'guest' });
    await calls.importModel.mutate({ path: source, name: 'stranger' });
    const answer = await t.http.inferFloats('stranger', [1, 2], Float32Array.of(1, visits));
    assert.deepStrictEqual([...(answer.values ?? [])], [12, visits + 11]);
    await calls.loadModel.mutate({ name: 'guest' });
    await t.engine.registry.load('plus');
    await calls.unloadModel.mutate({ name: 'stranger' });
    await calls.removeModel.mutate({ name: 'stranger' });
    visits++;
    await pause(200);
  }
  return visits;
}

/** An instance that was killed, and the batches that were lost with it: the running one, and one that waited behind it if there was. */
export interface Kill {
  readonly model: string;
  readonly batches: readonly number[];
}

export async function killInstances(t: TestEngine, endMs: number, kills: number): Promise<readonly Kill[]> {
  const beganMs = performance.now();
  const done: Kill[] = [];
  for (let kill = 1; kill <= kills; kill++) {
    const model = KILLED[kill % KILLED.length] ?? KILLED[0];
    const atMs = beganMs + ((endMs - beganMs) * kill) / (kills + 1);
    await pause(Math.max(0, atMs - performance.now()));
    const known = done.flatMap(({ batches }) => batches);
    done.push({ model, batches: await killInBatch(t, model, known) });
    const isReplaced = () => {
      const { instancesReady, settings } = t.engine.registry.summary(model);
      return instancesReady === settings.instanceCount;
    };
    await waitUntil(`an instance of ${model} is replaced`, isReplaced, { limitMs: PATIENCE_MS });
  }
  return done;
}

async function killInBatch(
  t: TestEngine,
  model: string,
  known: readonly number[],
): Promise<readonly number[]> {
  const lost = () =>
    t.engine.registry.recentBatches(model).filter(({ id, error }) => error !== null && !known.includes(id));
  return waitUntil(
    `a batch of ${model} was lost`,
    async () => {
      // One that is busy before it has run a batch warms up: then the model would be the one that cannot start.
      const serving = new Set(t.engine.registry.recentBatches(model).map(({ instance }) => instance));
      const busy = t.served(model).instances.find(({ state, name }) => state === 'busy' && serving.has(name));
      await busy?.kill();
      return busy && lost().length > 0 ? lost().map(({ id }) => id) : null;
    },
    { everyTurn: true, limitMs: PATIENCE_MS },
  );
}
