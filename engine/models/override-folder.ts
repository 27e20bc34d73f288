import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EngineError, invalid } from '../base';
import { CONFIG_FILE, isVersionName } from './model-folder';

const MAX_FILES = 1000;
const MAX_PATH_LENGTH = 1024;
const MAX_DEPTH = 6;
/** A protobuf file cannot be larger than this either. */
const MAX_BYTES = 2 * 1024 ** 3;

/** Where the files of load requests lie while they serve, each in a folder of its own. Emptied at start. */
export function overridesPath(dataPath: string): string {
  return join(dataPath, 'overrides');
}

/**
 * Refuses paths that could lead out of the model's folder, too many files and too many bytes.
 *
 * Errors: INVALID_ARGUMENT naming the file, the size and the limit.
 */
export function checkOverrideFiles(files: ReadonlyMap<string, Uint8Array>): void {
  if (files.size > MAX_FILES) throw invalid(`file: ${files.size} files; at most ${MAX_FILES} are taken`);
  let bytes = 0;
  for (const [path, content] of files) {
    const wrong = pathFault(path);
    if (wrong !== null) throw invalid(`file:${JSON.stringify(path.slice(0, 200))}: ${wrong}`);
    bytes += content.byteLength;
  }
  if (bytes > MAX_BYTES) throw invalid(`file: ${bytes} bytes in all; at most ${MAX_BYTES} are taken`);
  if (files.size > 0 && ![...files.keys()].some((path) => isVersionName(path.split('/')[0] ?? '')))
    throw invalid('file: none is in a version directory, such as "1/model.onnx"');
}

function pathFault(path: string): string | null {
  const parts = path.split('/');
  if (path.length > MAX_PATH_LENGTH || parts.length > MAX_DEPTH)
    return `longer than ${MAX_PATH_LENGTH} characters or deeper than ${MAX_DEPTH} folders`;
  if (path === CONFIG_FILE) return 'the configuration is given as "config"';
  // A leading dot covers "." and ".."; a colon is a drive or a stream on Windows.
  const isPlain = parts.every((part) => /^[^./\\:\p{Cc}][^/\\:\p{Cc}]*$/u.test(part));
  return isPlain ? null : 'must be a path in the model\'s folder, such as "1/model.onnx"';
}

/**
 * Writes the files of a load request into a new folder that nobody else uses, named as the model.
 *
 * @returns the folder; `removeOverrideFolder` takes it away
 */
export async function writeOverrideFolder(
  dataPath: string,
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<string> {
  const folder = join(overridesPath(dataPath), randomUUID(), name);
  try {
    for (const [path, content] of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
      await writeFile(join(folder, path), content, { flag: 'wx' });
    }
  } catch (error) {
    await removeOverrideFolder(folder);
    const { code = '', message } = error as NodeJS.ErrnoException;
    // Two files of which one would have to be the other's folder, or which this disk takes for one.
    if (['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'].includes(code))
      throw invalid('file: two of the paths exclude each other, or one is too long');
    throw new EngineError('INTERNAL', `the files of the load request cannot be stored: ${message}`, {
      cause: error,
    });
  }
  return folder;
}

export function removeOverrideFolder(folder: string): Promise<void> {
  return rm(dirname(folder), { recursive: true, force: true });
}
