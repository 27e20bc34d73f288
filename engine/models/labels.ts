import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../base';
import type { ModelConfig } from '../config';
import { requireInside } from './model-folder';

/** Names of the classes, by output. */
export type OutputLabels = ReadonlyMap<string, readonly string[]>;

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The labels files of a model's outputs (`label_filename`), one label a line, in the order of the classes.
 *
 * Errors: MODEL_INVALID naming the output and the file.
 */
export async function readLabels(folder: string, config: ModelConfig): Promise<OutputLabels> {
  const labels = new Map<string, readonly string[]>();
  for (const { name = '', label_filename: file = '' } of config.output ?? []) {
    if (file !== '')
      labels.set(name, await readLabelsFile(folder, file, `label_filename of output "${name}"`));
  }
  return labels;
}

async function readLabelsFile(folder: string, file: string, what: string): Promise<readonly string[]> {
  const refuse = (why: string, cause?: unknown) =>
    new EngineError('MODEL_INVALID', `config.pbtxt: ${what}: "${file.slice(0, 200)}" ${why}`, { cause });
  if (file.includes('\0')) throw refuse('is not a file name');
  const path = join(folder, file);
  const real = await realpath(path).catch((error: unknown) => {
    throw refuse("is not in the model's folder", error);
  });
  await requireInside(await realpath(folder), real, `${what}: "${file.slice(0, 200)}"`);
  const stats = await stat(real);
  if (!stats.isFile()) throw refuse('is not a file');
  if (stats.size > MAX_BYTES) throw refuse(`has ${stats.size} bytes; at most ${MAX_BYTES} are read`);
  const lines = (await readFile(real, 'utf8')).split(/\r?\n/);
  // The line break at the end of a file does not begin a label.
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
