import { createStore } from 'zustand/vanilla';
import type { LoadTestRun, LoadTestRunSummary, LoadTestScenarioInput } from '../../engine/contract';
import { call } from './call';

export interface LoadTestStoreState {
  /** The run that goes on, or the last; null before the first. */
  readonly current: LoadTestRun | null;
  /** Kept runs, newest first; null until asked for. */
  readonly history: readonly LoadTestRunSummary[] | null;
}

export const loadTestStore = createStore<LoadTestStoreState>(() => ({ current: null, history: null }));

export async function startLoadTest(scenario: LoadTestScenarioInput): Promise<LoadTestRun> {
  const run = await call((client) => client.startLoadTest.mutate(scenario));
  loadTestStore.setState({ current: run });
  return run;
}

export function stopLoadTest(): Promise<void> {
  return call((client) => client.stopLoadTest.mutate());
}

export async function refreshHistory(): Promise<void> {
  const history = await call((client) => client.listLoadTests.query());
  loadTestStore.setState({ history });
}

export function getLoadTest(id: string): Promise<LoadTestRun> {
  return call((client) => client.getLoadTest.query({ id }));
}

export async function deleteLoadTest(id: string): Promise<void> {
  await call((client) => client.deleteLoadTest.mutate({ id }));
  await refreshHistory();
}
