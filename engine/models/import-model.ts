import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EngineError, invalid } from '../base';
import { type ModelConfig, writeModelConfig } from '../config';
import { modelNameSchema } from '../contract';
import { CONFIG_FILE, resolveModelFolder } from './model-folder';
import { findModelSource, type ModelSource } from './model-source';
import { freeName } from './suggest-name';

export interface ImportOptions {
  /** An ONNX file, a folder with one, or a model folder in the repository's layout. */
  readonly path: string;
  readonly name: string;
  readonly repositoryPath: string;
  /** Fires when the caller gives up; what was copied so far is removed. */
  readonly signal?: AbortSignal;
}

/**
 * Copies a model into the repository. It appears there whole or not at all: files go into a hidden folder first, which then
 * gets its name.
 *
 * Errors: INVALID_ARGUMENT (name), ALREADY_EXISTS with a free name, NOT_FOUND and MODEL_INVALID about the source, CANCELLED.
 */
export async function importModel(options: ImportOptions): Promise<void> {
  const { name, repositoryPath } = options;
  const checked = modelNameSchema.safeParse(name);
  if (!checked.success)
    throw invalid(
      `model name ${JSON.stringify(name.slice(0, 200))}: ${checked.error.issues[0]?.message ?? 'not allowed'}`,
    );
  await refuseTaken(repositoryPath, name);
  const source = await findModelSource(options.path);
  const hidden = join(repositoryPath, `.import-${randomUUID()}`);
  try {
    await copySource(source, hidden, name, options.signal);
    await refuseTaken(repositoryPath, name);
    await rename(hidden, join(repositoryPath, name));
  } catch (error) {
    await rm(hidden, { recursive: true, force: true });
    throw importFault(error, name, repositoryPath);
  }
}

async function refuseTaken(repositoryPath: string, name: string): Promise<void> {
  const isTaken = async (candidate: string): Promise<boolean> =>
    (await stat(join(repositoryPath, candidate)).catch(() => null)) !== null;
  if (!(await isTaken(name))) return;
  const free = await freeName(name, isTaken);
  throw new EngineError(
    'ALREADY_EXISTS',
    `the repository has a model "${name}" already. Choose another name, for example "${free}"`,
  );
}

async function copySource(
  source: ModelSource,
  target: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { from, to } of source.files) {
    if (signal?.aborted) throw new EngineError('CANCELLED', 'the import was cancelled');
    const path = join(target, to);
    await mkdir(dirname(path), { recursive: true });
    // Where the file system can share the blocks, a copy of gigabytes takes no time and no space.
    await copyFile(from, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  }
  const config: ModelConfig = {
    ...source.config,
    name,
    ...(source.config.platform ? {} : { backend: source.config.backend ?? 'onnxruntime' }),
  };
  await mkdir(target, { recursive: true });
  await writeFile(join(target, CONFIG_FILE), source.configTextFor?.(config) ?? writeModelConfig(config));
}

function importFault(error: unknown, name: string, repositoryPath: string): unknown {
  if (error instanceof EngineError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new EngineError(
      'INTERNAL',
      `the disk of the model repository is full; "${name}" was not copied. Make room in "${repositoryPath}" and try again`,
      { cause: error },
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new EngineError(
      'INTERNAL',
      `the model repository "${repositoryPath}" cannot be written: ${message}`,
      { cause: error },
    );
  }
  if (code === 'EEXIST' || code === 'ENOTEMPTY') {
    return new EngineError(
      'ALREADY_EXISTS',
      `the repository got a model "${name}" meanwhile. Choose another name`,
      { cause: error },
    );
  }
  return new EngineError('INTERNAL', `"${name}" could not be copied: ${message}`, { cause: error });
}

/** Deletes a model's folder. Errors: INVALID_ARGUMENT, NOT_FOUND, MODEL_INVALID when the name leads out of the repository. */
export async function removeModel(repositoryPath: string, name: string): Promise<void> {
  const path = await resolveModelFolder(repositoryPath, name);
  // Gone from the repository at once, whatever the deletion of its files runs into.
  const hidden = join(repositoryPath, `.removed-${randomUUID()}`);
  await rename(path, hidden);
  await rm(hidden, { recursive: true, force: true });
}
