import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Comparison } from '../engine/testing/simulation/matrix';
import { type ScenarioSet, scenarioSets } from './scenario-sets';

/** Auto mode and the whole static grid on every scenario of a set, a process for each core. In virtual time: the load of the machine changes nothing. */
export async function compareAll(set: ScenarioSet): Promise<readonly Comparison[]> {
  const count = scenarioSets[set].length;
  const results: Comparison[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const child = fork(new URL('./compare-child.ts', import.meta.url));
    try {
      while (next < count) {
        const at = next++;
        results[at] = await answerOf(child, set, at);
      }
    } finally {
      child.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, availableParallelism()) }, work));
  return results;
}

function answerOf(child: ChildProcess, set: ScenarioSet, at: number): Promise<Comparison> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null) => reject(new Error(`the comparing process ended with ${code}`));
    child.once('exit', died);
    child.once('message', (comparison) => {
      child.off('exit', died);
      resolve(comparison as Comparison);
    });
    child.send({ set, at });
  });
}
