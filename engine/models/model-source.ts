import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EngineError } from '../base';
import { editModelConfig, type ModelConfig, parseModelConfig } from '../config';
import { backendOf, checkSupported } from './check-config';
import { findModelFile } from './model-file';
import { CONFIG_FILE, isVersionName, type ModelFolder, readModelFolder } from './model-folder';
import { type OnnxFacts, readOnnxFile } from './onnx-file';
import { servedVersions } from './version-policy';

/** A model somewhere on this machine, and what of it belongs into a repository. */
export interface ModelSource {
  readonly kind: 'onnx-file' | 'model-folder';
  /** The ONNX file that answers; null for a simulated device. */
  readonly onnxPath: string | null;
  readonly facts: OnnxFacts | null;
  /** Its configuration; `{}` without one. */
  readonly config: ModelConfig;
  /** The configuration's text for a changed configuration, keeping comments; null without a text. */
  readonly configTextFor: ((config: ModelConfig) => string) | null;
  /** What to copy: absolute path, and the place below the model's folder. */
  readonly files: readonly { readonly from: string; readonly to: string }[];
  /** For the suggested name. */
  readonly baseName: string;
}

const MAX_COPIED_FILES = 20_000;

/**
 * Finds the model at a path: an ONNX file, a folder with exactly one, or a model folder in Triton's layout.
 *
 * Errors: NOT_FOUND; MODEL_INVALID saying what was found instead.
 */
export async function findModelSource(path: string): Promise<ModelSource> {
  const absolute = resolve(path);
  const stats = await stat(absolute).catch((error: Error) => {
    throw new EngineError('NOT_FOUND', `"${path}" is not there or cannot be read: ${error.message}`, {
      cause: error,
    });
  });
  if (!stats.isDirectory()) return fileSource(absolute, basename(absolute), 'onnx-file');
  const entries = await readdir(absolute, { withFileTypes: true });
  const hasVersions = entries.some((entry) => entry.isDirectory() && isVersionName(entry.name));
  const hasConfig = entries.some((entry) => entry.name === CONFIG_FILE);
  if (hasVersions || hasConfig) return folderSource(absolute);
  const models = entries
    .filter((entry) => /\.onnx$/i.test(entry.name) && !entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const [only, second] = models;
  if (only === undefined) {
    throw new EngineError(
      'MODEL_INVALID',
      `the folder "${basename(absolute)}" has neither a version directory (1/, 2/, …) nor an .onnx file`,
    );
  }
  if (second !== undefined) {
    throw new EngineError(
      'MODEL_INVALID',
      `the folder "${basename(absolute)}" has ${models.length} .onnx files (${models.slice(0, 5).join(', ')}${models.length > 5 ? ', …' : ''}). Choose one of them`,
    );
  }
  return fileSource(join(absolute, only), basename(absolute), 'model-folder');
}

async function fileSource(
  onnxPath: string,
  baseName: string,
  kind: ModelSource['kind'],
): Promise<ModelSource> {
  const facts = await readOnnxFile(onnxPath);
  return {
    kind,
    onnxPath,
    facts,
    baseName,
    config: {},
    configTextFor: null,
    files: versionFiles('1', onnxPath, facts, 'model.onnx'),
  };
}

function versionFiles(
  version: string,
  onnxPath: string,
  facts: OnnxFacts,
  name: string,
): { from: string; to: string }[] {
  const folder = dirname(onnxPath);
  const external = facts.externalFiles.map(({ path }) => ({
    from: join(folder, path),
    to: join(version, dirname(name), path),
  }));
  return [{ from: onnxPath, to: join(version, name) }, ...external];
}

async function folderSource(path: string): Promise<ModelSource> {
  const folder = await readModelFolder(path, basename(path));
  const text = folder.configText;
  const config = text === null ? {} : parseModelConfig(text);
  // The folder may have any name here; it gets the one it is imported under.
  checkSupported({ ...config, name: undefined }, folder.name);
  const common = {
    kind: 'model-folder' as const,
    baseName: config.name ?? folder.name,
    config,
    configTextFor: text === null ? null : (changed: ModelConfig) => editModelConfig(text, changed),
  };
  if (backendOf(config) === 'simulated')
    return { ...common, onnxPath: null, facts: null, files: await sideFiles(path, folder) };
  if (folder.versions.length === 0) {
    throw new EngineError(
      'MODEL_INVALID',
      `the folder "${folder.name}" has a ${CONFIG_FILE} but no version directory. Put the model at 1/model.onnx in it`,
    );
  }
  const files: { from: string; to: string }[] = [];
  let newest: { onnxPath: string; facts: OnnxFacts } | null = null;
  for (const version of servedVersions(config, folder.versions)) {
    const onnxPath = await findModelFile(folder, version, config.default_model_filename);
    const facts = await readOnnxFile(onnxPath);
    files.push(...versionFiles(version, onnxPath, facts, onnxPath.slice(join(path, version).length + 1)));
    newest = { onnxPath, facts };
  }
  if (newest === null)
    throw new EngineError('MODEL_INVALID', `the folder "${folder.name}" serves no version`);
  return { ...common, ...newest, files: [...files, ...(await sideFiles(path, folder))] };
}

/** Files beside the versions that a configuration may name (labels, README, warm-up data), links left out. */
async function sideFiles(path: string, folder: ModelFolder): Promise<{ from: string; to: string }[]> {
  const found: { from: string; to: string }[] = [];
  const isOwn = (name: string): boolean => name === CONFIG_FILE || folder.versions.includes(name);
  const visit = async (at: string, to: string): Promise<void> => {
    const entries = (await readdir(at, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
    for (const entry of to === '' ? entries.filter(({ name }) => !isOwn(name)) : entries) {
      if (entry.isDirectory()) await visit(join(at, entry.name), join(to, entry.name));
      else if (entry.isFile()) found.push({ from: join(at, entry.name), to: join(to, entry.name) });
    }
    if (found.length > MAX_COPIED_FILES) {
      throw new EngineError('MODEL_INVALID', `more than ${MAX_COPIED_FILES} files beside the model`);
    }
  };
  await visit(await realpath(path), '');
  return found;
}
