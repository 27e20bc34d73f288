import { EngineError, invalid, toEngineError } from '../base';
import { parseModelConfigJson, writeModelConfig } from '../config';
import { modelNameSchema } from '../contract';
import type { LoadOverride } from '../inference';
import {
  type DefinitionOptions,
  defineModel,
  type ModelDefinition,
  readModelDefinition,
} from './model-definition';
import { readModelFolder, resolveModelFolder } from './model-folder';
import { checkOverrideFiles, removeOverrideFolder, writeOverrideFolder } from './override-folder';

/** A model as it is to be loaded. */
export interface LoadSource {
  readonly definition: ModelDefinition;
  /** True when a load request put something in place of what lies in the repository. */
  readonly isOverride: boolean;
  /** Gives back what only this load needs. To be called when it serves no more, or never did. */
  release(): Promise<void>;
}

export const NO_OVERRIDE: LoadOverride = { configJson: null, files: new Map() };

export interface LoadPlaces extends DefinitionOptions {
  readonly repositoryPath: string;
  readonly dataPath: string;
}

/**
 * Reads what a load asks for: the model's folder, or the folder with another configuration, or configuration and files that the
 * request brings along. The repository is never written.
 *
 * Errors: INVALID_ARGUMENT about the request; NOT_FOUND, MODEL_INVALID, UNSUPPORTED about the model.
 */
export async function readLoadSource(
  places: LoadPlaces,
  name: string,
  { configJson, files }: LoadOverride,
): Promise<LoadSource> {
  if (configJson === null) {
    if (files.size > 0) throw invalid('file: files are taken only together with "config"');
    const definition = await readModelDefinition(places.repositoryPath, name, places);
    return { definition, isOverride: false, release: () => Promise.resolve() };
  }
  const configText = writeModelConfig(parseModelConfigJson(configJson));
  checkOverrideFiles(files);
  const own = files.size > 0 ? await writeOverrideFolder(places.dataPath, name, files) : null;
  const release = () => (own === null ? Promise.resolve() : removeOverrideFolder(own));
  try {
    const path = own ?? (await resolveModelFolder(places.repositoryPath, name));
    const folder = await readModelFolder(path, name);
    return { definition: await defineModel({ ...folder, configText }, places), isOverride: true, release };
  } catch (error) {
    await release();
    throw aboutRequest(error);
  }
}

/**
 * For a model that the registry does not know: its folder may have come since it last looked, or the request brings it along.
 *
 * Errors: INVALID_ARGUMENT for a name that is none; MODEL_UNKNOWN.
 */
export async function requireLoadable(
  repositoryPath: string,
  name: string,
  override: LoadOverride,
): Promise<void> {
  const checked = modelNameSchema.safeParse(name);
  if (!checked.success)
    throw invalid(`model name ${JSON.stringify(name.slice(0, 200))}: ${checked.error.issues[0]?.message}`);
  if (override.files.size > 0) return;
  await resolveModelFolder(repositoryPath, name).catch((error: unknown) => {
    throw toEngineError(error).code === 'NOT_FOUND' ? unknownModel(name) : error;
  });
}

export function unknownModel(name: string): EngineError {
  return new EngineError('MODEL_UNKNOWN', `Request for unknown model: '${name}' is not found`);
}

/** Messages about the configuration name the file, which is not where this one came from. */
function aboutRequest(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  return new EngineError(error.code, error.message.replaceAll('config.pbtxt', 'the given config'), {
    cause: error,
  });
}
