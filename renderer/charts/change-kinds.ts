import type { ChangeKind } from '../../engine/contract';

/** The letter on the flag of a change, and what it stands for. */
const KINDS: Readonly<Record<ChangeKind, readonly [letter: string, meaning: string]>> = {
  settings: ['S', 'settings'],
  load: ['L', 'load'],
  unload: ['U', 'unload'],
  eviction: ['E', 'eviction'],
  scale: ['±', 'instances'],
  'load-test': ['T', 'load test'],
  instance: ['!', 'instance lost'],
  engine: ['F', 'engine'],
};

export const changeLetter = (kind: ChangeKind): string => KINDS[kind][0];

export const changeMeaning = (kind: ChangeKind): string => KINDS[kind][1];
