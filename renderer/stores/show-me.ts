import { createStore } from 'zustand/vanilla';
import type { ShowMeStatus } from '../../engine/contract';
import { call } from './call';

/** Null until the engine has told. */
export const showMeStore = createStore<{ readonly status: ShowMeStatus | null }>(() => ({ status: null }));

export function startShowMe(): Promise<void> {
  return call((client) => client.startShowMe.mutate());
}

export function stopShowMe(): Promise<void> {
  return call((client) => client.stopShowMe.mutate());
}
