import assert from 'node:assert/strict';
import type { TestEngine } from '../start-engine';
import type { Traffic } from '../traffic';
import type { Kill } from './disturb';

/** Besides what was to be expected only the batches of killed instances failed, each for all of its requests. */
export function expectOnlyKilledBatchesFailed({ refusals }: Traffic, kills: readonly Kill[]): void {
  const lost = refusals.filter(({ code }) => code === 'INSTANCE_LOST');
  assert.deepStrictEqual(
    refusals.filter((refusal) => !lost.includes(refusal)),
    [],
  );
  for (const { model, error } of lost) {
    assert.match(error, /^instance \w+\/1#\d+ was lost: .+ \(batch \d+, \d+ rows\)$/);
    assert.ok(error.startsWith(`instance ${model}/1#`), `${model}: ${error}`);
  }
  const failed = lost.map(({ model, error }) => `${model} ${/batch (\d+)/.exec(error)?.[1]}`);
  const killed = kills.flatMap(({ model, batches }) => batches.map((batch) => `${model} ${batch}`));
  assert.deepStrictEqual(new Set(failed), new Set(killed));
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

/** What the engine counted is what its clients saw; of those that left nobody knows how their requests ended. */
export function expectCountersAddUp(
  t: TestEngine,
  traffic: Traffic,
  model: string,
  failedBatches: number,
): void {
  const { asked, right, rows, left, errors } = traffic.tally(model);
  const counters = t.counters(model);
  const refused = sum(Object.values(errors));
  const failed = sum(Object.values(counters.requestsFailed));
  assert.equal(right + refused + left, asked, `${model}: answers`);
  const within = (value: number, least: number, more: number, what: string): void =>
    assert.ok(
      value >= least && value <= least + more,
      `${model}: ${value} ${what}, not ${least} to ${least + more}`,
    );
  within(counters.requestsOk, right, left, 'were answered');
  within(failed, refused, left, 'failed');
  within(counters.requestsOk + failed, right + refused, left, 'ended');
  if (left === 0) assert.equal(counters.inferenceCount, rows, `${model}: inferenceCount`);
  assert.equal(counters.latency.count, counters.requestsOk, `${model}: latency.count`);
  assert.equal(counters.requestsFailed.INSTANCE_LOST ?? 0, errors.INSTANCE_LOST ?? 0, `${model}: lost`);
  assert.equal(sum(counters.batchSizes.map(([size, batches]) => size * batches)), counters.inferenceCount);
  assert.equal(sum(counters.batchSizes.map(([, batches]) => batches)), counters.executionCount);
  assert.equal(
    sum(Object.values(counters.departures)),
    counters.executionCount + failedBatches,
    `${model}: departures`,
  );
}
