import { createStore } from 'zustand/vanilla';
import type { EngineStatus } from '../../engine/contract';

/** Null until the engine has told. */
export const statusStore = createStore<{ readonly status: EngineStatus | null }>(() => ({ status: null }));
