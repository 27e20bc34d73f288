import { CHANGE_KINDS, type ChangeKind } from '../../../engine/contract';

/** The letter on the flag of a change, and what it stands for. */
const KINDS: Readonly<Record<ChangeKind, readonly [letter: string, meaning: string]>> = {
  settings: ['S', 'settings'],
  load: ['L', 'load'],
  unload: ['U', 'unload'],
  eviction: ['E', 'eviction'],
  scale: ['±', 'instances added or taken away'],
  'load-test': ['T', 'load test'],
  instance: ['!', 'instance lost'],
  engine: ['F', 'engine'],
};

export const changeLetter = (kind: ChangeKind): string => KINDS[kind][0];

/** The kinds that have a flag among the letters shown, in their fixed order. */
export const kindsOf = (letters: ReadonlySet<string>) =>
  CHANGE_KINDS.map((kind) => KINDS[kind]).filter(([letter]) => letters.has(letter));
