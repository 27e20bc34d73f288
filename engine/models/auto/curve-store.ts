import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { CostPoint } from '../../contract';
import { type CurveKey, keyDifference } from './curve-key';

const FOLDER = 'cost-curves';
/** Another form of the file has another number; what has another number is measured again. */
const VERSION = 1;
/** Curves of one model under different keys: threads tried out, devices moved between. The oldest give way. */
const MAX_CURVES = 16;
const MAX_POINTS = 2048;
const MAX_FILE_BYTES = 4 * 1024 * 1024;

const text = z.string().max(100_000);
const keySchema = z.strictObject({
  device: text,
  provider: text,
  runtime: text,
  threads: z.number(),
  session: text,
  inputs: text,
});
const pointSchema = z.strictObject({
  rows: z.number(),
  meanUs: z.number(),
  lowUs: z.number(),
  highUs: z.number(),
  runs: z.number().int().nonnegative(),
});
const curveSchema = z.strictObject({
  key: keySchema,
  measuredAtMs: z.number(),
  points: z.array(pointSchema).max(MAX_POINTS),
});
const fileSchema = z.strictObject({
  version: z.literal(VERSION),
  curves: z.array(curveSchema).max(MAX_CURVES),
});

export interface KeptCurve {
  readonly key: CurveKey;
  /** Wall clock, milliseconds since the epoch. */
  readonly measuredAtMs: number;
  readonly points: readonly CostPoint[];
}

/** A kept curve, or why there is none: null when nothing was ever kept for the model. */
export type FoundCurve =
  | { readonly curve: KeptCurve }
  | { readonly curve: null; readonly why: string | null };

/**
 * Cost curves in the data folder, a file for each model's content, so that a model that was copied or renamed is known again and
 * one that was exported anew is not.
 */
export class CurveStore {
  readonly #folder: string;
  #lastSave: Promise<void> = Promise.resolve();

  constructor(dataPath: string) {
    this.#folder = join(dataPath, FOLDER);
  }

  /** @param digest of the model's content. Never rejects: a damaged file is a reason to measure. */
  async find(digest: string, key: CurveKey): Promise<FoundCurve> {
    let kept: readonly KeptCurve[];
    try {
      kept = await this.#read(digest);
    } catch (error) {
      return { curve: null, why: `the kept curve cannot be read: ${reasonOf(error)}` };
    }
    const [newest] = kept;
    if (!newest) return { curve: null, why: null };
    const curve = kept.find((one) => keyDifference(one.key, key) === null);
    return curve ? { curve } : { curve: null, why: `it was measured with ${keyDifference(newest.key, key)}` };
  }

  /** Keeps a curve in place of the one with the same key. A crash leaves the old file or the new one. */
  save(digest: string, curve: KeptCurve): Promise<void> {
    // One after the other: two models of the same content share a file.
    const saved = this.#lastSave.then(() => this.#replace(digest, curve));
    this.#lastSave = saved.catch(() => undefined);
    return saved;
  }

  async #read(digest: string): Promise<readonly KeptCurve[]> {
    const path = this.#pathOf(digest);
    try {
      const { size } = await stat(path);
      if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes, at most ${MAX_FILE_BYTES} are read`);
      return fileSchema.parse(JSON.parse(await readFile(path, 'utf8'))).curves;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  async #replace(digest: string, curve: KeptCurve): Promise<void> {
    const before = await this.#read(digest).catch(() => []);
    const others = before.filter(({ key }) => keyDifference(key, curve.key) !== null);
    const curves = [curve, ...others].slice(0, MAX_CURVES);
    await mkdir(this.#folder, { recursive: true });
    const path = this.#pathOf(digest);
    const temporary = `${path}.${randomUUID()}`;
    try {
      await writeFile(temporary, `${JSON.stringify({ version: VERSION, curves })}\n`, { flag: 'wx' });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  #pathOf(digest: string): string {
    return join(this.#folder, `${digest}.json`);
  }
}

/** Short: the first fault of a file that is wrong in many places. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return `${issue?.path.join('.') || 'the file'}: ${issue?.message}`;
  }
  return (error as Error).message.slice(0, 200);
}
