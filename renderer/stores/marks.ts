import { createStore } from 'zustand/vanilla';
import type { ChangeMark } from '../../engine/contract';
import { mergeById } from './logs';

const MARKS_KEPT = 500;

/** Oldest first: a vertical line on every chart for each. */
export const marksStore = createStore<{ readonly marks: readonly ChangeMark[] }>(() => ({ marks: [] }));

export function addMarks(marks: readonly ChangeMark[]): void {
  marksStore.setState(({ marks: kept }) => ({ marks: mergeById(kept, marks, MARKS_KEPT) }));
}
