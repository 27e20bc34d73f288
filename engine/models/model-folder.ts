import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { EngineError, invalid } from '../base';
import { modelNameSchema } from '../contract';

/** A model's folder as it is on disk, before anything is judged. */
export interface ModelFolder {
  readonly name: string;
  readonly path: string;
  /** Text of config.pbtxt; null when there is none. */
  readonly configText: string | null;
  /** Version directories, ascending. */
  readonly versions: readonly string[];
  /** Names that look like versions but are not ("01", "v2"), for messages. */
  readonly oddVersions: readonly string[];
  readonly fingerprint: FolderFingerprint;
}

/** Both parts change when what they stand for does; equal parts mean that nothing needs to be read again. */
export interface FolderFingerprint {
  readonly config: string;
  readonly files: string;
}

export const CONFIG_FILE = 'config.pbtxt';
const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_FILES = 20_000;
const MAX_DEPTH = 6;

/**
 * Path of a model's folder inside a repository. Errors: INVALID_ARGUMENT for a name that could lead elsewhere; NOT_FOUND;
 * MODEL_INVALID when the folder's real place is outside the repository.
 */
export async function resolveModelFolder(repositoryPath: string, name: string): Promise<string> {
  const checked = modelNameSchema.safeParse(name);
  if (!checked.success)
    throw invalid(
      `model name ${JSON.stringify(name.slice(0, 200))}: ${checked.error.issues[0]?.message ?? 'not allowed'}`,
    );
  const path = join(repositoryPath, name);
  const real = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    throw new EngineError('NOT_FOUND', `model "${name}" is not in the repository`, { cause: error });
  });
  await requireInside(await realpath(repositoryPath), real, `the folder of model "${name}"`);
  if (!(await stat(real)).isDirectory())
    throw new EngineError('MODEL_INVALID', `"${name}" in the repository is not a folder`);
  return path;
}

/** MODEL_INVALID unless `path` (already real) lies in `folder` (already real). */
export async function requireInside(folder: string, path: string, what: string): Promise<void> {
  const way = relative(folder, path);
  if (way === '' || way === '..' || way.startsWith(`..${sep}`) || /^[A-Za-z]:/.test(way)) {
    throw new EngineError(
      'MODEL_INVALID',
      `${what} leads outside ${basename(folder)} by a link. Copy the real files into the repository`,
    );
  }
}

/** Reads what there is in the folder of a model: names, sizes and times, and the configuration's text. */
export async function readModelFolder(path: string, name: string): Promise<ModelFolder> {
  const entries = await readdir(path, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const versions = folders.filter(isVersionName).sort((a, b) => Number(a) - Number(b));
  const marks = await Promise.all(versions.map((version) => fileMarks(join(path, version), version, 1)));
  const config = await readConfig(join(path, CONFIG_FILE));
  return {
    name,
    path,
    configText: config.text,
    versions,
    oddVersions: folders.filter((folder) => !isVersionName(folder) && /^v?\d+$/i.test(folder)),
    fingerprint: { config: config.mark, files: marks.flat().join('\n') },
  };
}

/** As Triton: a whole number without leading zeros. */
export function isVersionName(name: string): boolean {
  return /^(?:0|[1-9]\d{0,14})$/.test(name);
}

async function readConfig(path: string): Promise<{ text: string | null; mark: string }> {
  const stats = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new EngineError('MODEL_INVALID', `${CONFIG_FILE} cannot be read: ${error.message}`, {
      cause: error,
    });
  });
  if (stats === null) return { text: null, mark: 'none' };
  if (!stats.isFile()) throw new EngineError('MODEL_INVALID', `${CONFIG_FILE} is not a file`);
  if (stats.size > MAX_CONFIG_BYTES)
    throw new EngineError(
      'MODEL_INVALID',
      `${CONFIG_FILE} has ${stats.size} bytes; at most ${MAX_CONFIG_BYTES} are read`,
    );
  const bytes = await readFile(path);
  try {
    return {
      text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
      mark: `${stats.mtimeNs} ${stats.size} ${stats.ino}`,
    };
  } catch (error) {
    throw new EngineError('MODEL_INVALID', `${CONFIG_FILE} is not UTF-8 text`, { cause: error });
  }
}

/** One mark per file: enough to notice that it was written, replaced, moved or removed. */
async function fileMarks(path: string, label: string, depth: number): Promise<string[]> {
  const marks: string[] = [label];
  const entries: Dirent[] = await readdir(path, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const child = join(path, entry.name);
    const childLabel = `${label}/${entry.name}`;
    if (entry.isDirectory() && depth < MAX_DEPTH)
      marks.push(...(await fileMarks(child, childLabel, depth + 1)));
    else marks.push(await fileMark(child, childLabel));
    if (marks.length > MAX_FILES)
      throw new EngineError(
        'MODEL_INVALID',
        `more than ${MAX_FILES} files in version ${label.split('/')[0]}`,
      );
  }
  return marks;
}

async function fileMark(path: string, label: string): Promise<string> {
  // A link's target is what counts; a link without one is marked as such and refused when it is read.
  const stats =
    (await stat(path, { bigint: true }).catch(() => null)) ??
    (await lstat(path, { bigint: true }).catch(() => null));
  return stats === null ? `${label} gone` : `${label} ${stats.mtimeNs} ${stats.size} ${stats.ino}`;
}
