import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Logger, toEngineError } from '../base';
import { modelNameSchema } from '../contract';

const FILE = 'state.json';

const stateSchema = z.object({ loaded: z.array(modelNameSchema).max(10_000) });

/** What the engine has to know again after it was stopped. */
export interface EngineState {
  /** Names of the models that were loaded. */
  readonly loaded: readonly string[];
}

/** The state of the last run; null at the first, and when the file is damaged, which is logged: starting matters more. */
export async function loadState(dataPath: string, logger: Logger): Promise<EngineState | null> {
  const path = join(dataPath, FILE);
  try {
    return stateSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    logger.warn(
      `"${path}" cannot be used, so which models were loaded is not known: ${toEngineError(error).message}`,
    );
    return null;
  }
}

let lastSave: Promise<void> = Promise.resolve();

/** Replaces the state as a whole: a crash leaves the old one or the new one. Calls take effect in their order. */
export function saveState(dataPath: string, state: EngineState): Promise<void> {
  const save = async (): Promise<void> => {
    await mkdir(dataPath, { recursive: true });
    const path = join(dataPath, FILE);
    const temporary = `${path}.${randomUUID()}`;
    try {
      await writeFile(temporary, `${JSON.stringify({ loaded: state.loaded }, null, 2)}\n`);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  };
  const saved = lastSave.then(save);
  lastSave = saved.catch(() => undefined);
  return saved;
}
