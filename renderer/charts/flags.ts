import { changeLetter } from './change-kinds';
import type { ChartMark } from './chart-types';

/** Changes at one place of the chart: one line, and the letters of all that happened there. */
export interface Flag {
  readonly id: number;
  readonly secondsAgo: number;
  readonly letters: string;
}

/** Lines nearer to each other than this share of the window would only make one thick one. */
const LINES_APART = 0.006;
/** Flags this near would cover each other's letters: the later one's go to the earlier flag. */
const FLAGS_APART = 0.02;

/**
 * What is drawn for the changes, oldest first: changes too near to be told apart share a line, and a letter is never lost, so that
 * a rare kind is seen among many of a common one.
 */
export function flagsOf(marks: readonly ChartMark[], spanS: number): readonly Flag[] {
  const flags: { id: number; secondsAgo: number; letters: string }[] = [];
  let lettered: { secondsAgo: number; letters: string } | undefined;
  for (const { id, secondsAgo, kind } of marks) {
    const letter = changeLetter(kind);
    const last = flags.at(-1);
    const ownLine = !last || secondsAgo - last.secondsAgo >= spanS * LINES_APART;
    const ownFlag = ownLine && (!lettered || secondsAgo - lettered.secondsAgo >= spanS * FLAGS_APART);
    if (ownLine) flags.push({ id, secondsAgo, letters: ownFlag ? letter : '' });
    if (ownFlag) lettered = flags.at(-1);
    else if (lettered && !lettered.letters.includes(letter)) lettered.letters += letter;
  }
  return flags;
}
