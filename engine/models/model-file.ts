import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EngineError } from '../base';
import { type ModelFolder, requireInside } from './model-folder';

export const DEFAULT_MODEL_FILE = 'model.onnx';

/**
 * The ONNX file of a version: `<version>/model.onnx` or the name that the configuration gives, which may be a folder that holds
 * `model.onnx` and its external data.
 *
 * Errors: MODEL_INVALID saying what is there instead.
 */
export async function findModelFile(
  folder: ModelFolder,
  version: string,
  fileName: string | undefined,
): Promise<string> {
  const name = fileName === undefined || fileName === '' ? DEFAULT_MODEL_FILE : fileName;
  if (
    name !== basename(name) ||
    name === '.' ||
    name === '..' ||
    name.includes('\\') ||
    name.includes('\0')
  ) {
    throw new EngineError(
      'MODEL_INVALID',
      `config.pbtxt: default_model_filename is "${name}"; it must be a file name without a path`,
    );
  }
  const versionPath = join(folder.path, version);
  let path = join(versionPath, name);
  const stats = await stat(path).catch(() => null);
  if (stats === null) throw await missingFile(folder, version, name);
  if (stats.isDirectory()) path = join(path, DEFAULT_MODEL_FILE);
  const real = await realpath(path).catch(() => {
    throw new EngineError(
      'MODEL_INVALID',
      `version ${version}: "${name}" is a folder without "${DEFAULT_MODEL_FILE}"`,
    );
  });
  // External data is looked for beside the path that is opened, so that must not be a link to another place either.
  await requireInside(await realpath(dirname(folder.path)), real, `version ${version}: "${name}"`);
  return path;
}

async function missingFile(folder: ModelFolder, version: string, name: string): Promise<EngineError> {
  const entries = (await readdir(join(folder.path, version))).filter((entry) => entry.endsWith('.onnx'));
  const what = `version ${version} has no file "${name}"`;
  if (entries.length === 0) return new EngineError('MODEL_INVALID', `${what}. Put the model there`);
  const [first] = entries;
  const found = entries.map((entry) => `"${entry}"`).join(', ');
  return new EngineError(
    'MODEL_INVALID',
    `${what}; it has ${found}. Rename the file, or set default_model_filename: "${first}" in config.pbtxt`,
  );
}
