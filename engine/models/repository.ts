import { readdir, realpath } from 'node:fs/promises';
import { EngineError, toEngineError } from '../base';
import { modelNameSchema } from '../contract';
import { type DefinitionOptions, defineModel, type ModelDefinition } from './model-definition';
import { readModelFolder, resolveModelFolder } from './model-folder';

/** What the scan of a repository found in one folder: a definition, or why there is none. */
export interface ScannedModel {
  readonly name: string;
  readonly definition: ModelDefinition | null;
  readonly error: EngineError | null;
  /** Of the folder, also when it cannot be used; absent when not even its names could be read. */
  readonly fingerprint?: string;
}

export interface ScanOptions extends DefinitionOptions {
  /** The scan before: a folder whose files are as they were then is not read again. */
  readonly previous?: readonly ScannedModel[];
  /** Looks at the folder of this name alone. */
  readonly only?: string;
  /** Told about folders that are passed over because of their names. */
  readonly onPassedOver?: (name: string, reason: string) => void;
}

/**
 * Looks through a repository, one folder per model, in the order of their names. Names that begin with a dot and plain files
 * are passed over; so are names that are not allowed.
 *
 * Errors: NOT_FOUND when the repository itself cannot be read. What is wrong with one model is its entry's `error`.
 */
export async function scanRepository(
  repositoryPath: string,
  options: ScanOptions,
): Promise<readonly ScannedModel[]> {
  const root = await realpath(repositoryPath).catch((error: Error) => {
    throw new EngineError(
      'NOT_FOUND',
      `the model repository "${repositoryPath}" cannot be read: ${error.message}`,
      { cause: error },
    );
  });
  const entries = await readdir(root, { withFileTypes: true });
  const before = new Map((options.previous ?? []).map((scanned) => [scanned.name, scanned]));
  const found: ScannedModel[] = [];
  for (const { name } of entries
    .filter((entry) => isModelEntry(entry) && (options.only === undefined || entry.name === options.only))
    .sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const checked = modelNameSchema.safeParse(name);
    if (checked.success) found.push(await scanModel(repositoryPath, name, options, before.get(name)));
    else options.onPassedOver?.(name, checked.error.issues[0]?.message ?? 'not a model name');
  }
  return found;
}

function isModelEntry(entry: {
  readonly name: string;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): boolean {
  return !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink());
}

async function scanModel(
  repositoryPath: string,
  name: string,
  options: ScanOptions,
  before: ScannedModel | undefined,
): Promise<ScannedModel> {
  let fingerprint: string | undefined;
  try {
    const path = await resolveModelFolder(repositoryPath, name);
    const folder = await readModelFolder(path, name);
    fingerprint = `${folder.fingerprint.config}\n${folder.fingerprint.files}`;
    if (before?.fingerprint === fingerprint) return before;
    return { name, definition: await defineModel(folder, options), error: null, fingerprint };
  } catch (error) {
    return {
      name,
      definition: null,
      error: toEngineError(error),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    };
  }
}
