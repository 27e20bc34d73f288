import { z } from 'zod';

export const RATE_LIMIT_MODES = ['off', 'execution_count'] as const;

/** How much there is of a resource that instances take while they run. */
export interface ResourceLimit {
  readonly name: string;
  readonly count: number;
  /** A device's id, or "gpu:1" for the second GPU; null: on each device. Global resources are of none. */
  readonly device: string | null;
}

const WORD = /^([^\s:,]{1,128}):(\d{1,10})(?::([A-Za-z0-9_.:-]{1,128}))?$/;
const MOST = 2 ** 32 - 1;

/** "R1:4", "R2:5:0", "R2:8:gpu:1". */
export const resourceLimitSchema = z
  .array(
    z
      .string()
      .max(300)
      .refine(
        (word) => readWord(word) !== null,
        `must be NAME:COUNT or NAME:COUNT:DEVICE, the count from 0 to ${MOST}`,
      ),
  )
  .max(1000);

export function resourceLimitsOf(words: readonly string[]): readonly ResourceLimit[] {
  return words.flatMap((word) => readWord(word) ?? []);
}

function readWord(word: string): ResourceLimit | null {
  const [, name, digits, device = null] = WORD.exec(word) ?? [];
  if (name === undefined || Number(digits) > MOST) return null;
  // Triton's devices are its GPUs' numbers.
  return { name, count: Number(digits), device: device && /^\d+$/.test(device) ? `gpu:${device}` : device };
}
