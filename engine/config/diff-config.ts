type Line = readonly [mark: ' ' | '-' | '+', text: string];

const CONTEXT_LINES = 3;
/** Beyond this many comparisons the changed part is shown as a whole: a configuration has some dozen lines. */
const MAX_COMPARISONS = 4_000_000;

/** What changes from one text of a configuration to another, as a unified diff; '' when nothing does. */
export function diffConfig(before: string, after: string, name = 'config.pbtxt'): string {
  if (before === after) return '';
  const lines = diffLines(linesOf(before), linesOf(after));
  const hunks = hunksOf(lines).map((hunk) => hunkText(lines, hunk));
  return `--- ${name}\n+++ ${name}\n${hunks.join('')}`;
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  return lines.at(-1) === ''
    ? lines.slice(0, -1)
    : [...lines.slice(0, -1), `${lines.at(-1)}\n\\ No newline at end of file`];
}

/** All lines of both, in order: the fewest that go and come. */
function diffLines(before: readonly string[], after: readonly string[]): readonly Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const same = (lines: readonly string[]): Line[] => lines.map((line) => [' ', line]);
  return [
    ...same(before.slice(0, start)),
    ...diffMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

function diffMiddle(before: readonly string[], after: readonly string[]): readonly Line[] {
  const gone = before.map((line): Line => ['-', line]);
  const come = after.map((line): Line => ['+', line]);
  if (before.length === 0 || after.length === 0 || before.length * after.length > MAX_COMPARISONS)
    return [...gone, ...come];
  const common = commonLengths(before, after);
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      lines.push([' ', before[i] ?? '']);
      i++;
      j++;
    } else if ((common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0)) lines.push(gone[i++] ?? [' ', '']);
    else lines.push(come[j++] ?? [' ', '']);
  }
  return [...lines, ...gone.slice(i), ...come.slice(j)];
}

/** Row i, column j: length of the longest common subsequence of what follows both places. */
function commonLengths(before: readonly string[], after: readonly string[]): readonly Uint32Array[] {
  const table = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    const row = table[i];
    const below = table[i + 1];
    if (!row || !below) continue;
    for (let j = after.length - 1; j >= 0; j--) {
      row[j] = before[i] === after[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

interface Hunk {
  readonly from: number;
  readonly to: number;
}

/** Changed lines with what stands around them; those that touch are one. */
function hunksOf(lines: readonly Line[]): readonly Hunk[] {
  const hunks: Hunk[] = [];
  lines.forEach(([mark], at) => {
    if (mark === ' ') return;
    const from = Math.max(0, at - CONTEXT_LINES);
    const to = Math.min(lines.length, at + CONTEXT_LINES + 1);
    const last = hunks.at(-1);
    if (last && from <= last.to) hunks[hunks.length - 1] = { from: last.from, to };
    else hunks.push({ from, to });
  });
  return hunks;
}

function hunkText(lines: readonly Line[], { from, to }: Hunk): string {
  const count = (part: readonly Line[], mark: '-' | '+') => part.filter(([own]) => own !== mark).length;
  const ahead = lines.slice(0, from);
  const part = lines.slice(from, to);
  const range = (mark: '-' | '+') => {
    const length = count(part, mark === '-' ? '+' : '-');
    const start = count(ahead, mark === '-' ? '+' : '-') + (length === 0 ? 0 : 1);
    return `${mark}${start},${length}`;
  };
  return `@@ ${range('-')} ${range('+')} @@\n${part.map(([mark, text]) => `${mark}${text}\n`).join('')}`;
}
