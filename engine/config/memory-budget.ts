import { z } from 'zod';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};
const WORD = /^([A-Za-z0-9_.:-]{1,128})=(?:(\d{1,15})\s*([A-Za-z]{0,3})|none)$/;

/** "cpu=4GiB", "gpu:0=none": a device and what models may take of it. */
const budgetWord = z
  .string()
  .max(200)
  .refine(
    (word) => readWord(word) !== null,
    'must be DEVICE=BYTES (KiB, MiB, GiB and TiB are understood) or DEVICE=none, with at least 1 byte',
  );

/** Each device at most once. */
export const memoryBudgetSchema = z
  .array(budgetWord)
  .max(64)
  .superRefine((words, check) => {
    const devices = words.map((word) => word.split('=')[0]);
    const twice = devices.find((device, at) => devices.indexOf(device) !== at);
    if (twice !== undefined) check.addIssue({ code: 'custom', message: `names "${twice}" twice` });
  });

/** Bytes by device; null for no limit. */
export function memoryBudgetsOf(words: readonly string[]): ReadonlyMap<string, number | null> {
  return new Map(
    words.flatMap((word) => (readWord(word) ? [readWord(word) as [string, number | null]] : [])),
  );
}

function readWord(word: string): [string, number | null] | null {
  const [, device, digits, unit = ''] = WORD.exec(word) ?? [];
  if (device === undefined) return null;
  if (digits === undefined) return [device, null];
  const bytes = Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  return bytes >= 1 && Number.isSafeInteger(bytes) ? [device, bytes] : null;
}
