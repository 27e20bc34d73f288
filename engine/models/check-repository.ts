import { EngineError, toEngineError } from '../base';
import type { EffectiveValue } from '../contract';
import { cpuBudget } from '../devices';
import { effectiveConfig } from './effective-config';
import { readLabels } from './labels';
import type { ModelDefinition } from './model-definition';
import { noticesOf } from './notices';
import { type ScannedModel, scanRepository } from './repository';
import { readSequences, readWarmups } from './served-versions';

export interface CheckOptions {
  /** Only this one. */
  readonly model?: string;
  /** Cores that the engine would use; those of this machine when it is not given. */
  readonly cpuBudget?: number;
  readonly platform?: NodeJS.Platform;
}

export interface CheckedModel {
  readonly name: string;
  /** `warn`: it can be served, and something in its configuration has no effect. */
  readonly status: 'ok' | 'warn' | 'error';
  /** Values in force and where each comes from; empty when the model cannot be served. */
  readonly values: readonly EffectiveValue[];
  readonly notices: readonly string[];
  /** Why it cannot be served; a fault in the text of config.pbtxt with line and column. */
  readonly error: string | null;
}

export interface RepositoryCheck {
  readonly path: string;
  /** By name. */
  readonly models: readonly CheckedModel[];
  /** Folders that are no models because of their names. */
  readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Reads a repository as the engine would, without loading anything.
 *
 * Errors: NOT_FOUND when the folder, or the model that was named, is not there. What is wrong with a model is in its result.
 */
export async function checkRepository(path: string, options: CheckOptions = {}): Promise<RepositoryCheck> {
  const passedOver: { name: string; reason: string }[] = [];
  const scanned = await scanRepository(path, {
    cpuBudget: options.cpuBudget ?? cpuBudget(),
    ...(options.platform === undefined ? {} : { platform: options.platform }),
    ...(options.model === undefined ? {} : { only: options.model }),
    onPassedOver: (name, reason) => passedOver.push({ name, reason }),
  });
  if (options.model !== undefined && scanned.length === 0)
    throw new EngineError('NOT_FOUND', `model "${options.model.slice(0, 200)}" is not in the repository`);
  return { path, models: await Promise.all(scanned.map(checkModel)), passedOver };
}

async function checkModel({ name, definition, error }: ScannedModel): Promise<CheckedModel> {
  const fault = definition ? await faultOf(definition) : (error?.message ?? 'it cannot be read');
  if (!definition || fault !== null) return { name, status: 'error', values: [], notices: [], error: fault };
  const { settings } = definition;
  const notices = noticesOf(definition);
  return {
    name,
    status: notices.length > 0 ? 'warn' : 'ok',
    values: effectiveConfig(definition, { settings, activeProvider: null }),
    notices,
    error: null,
  };
}

/** What a load would find beyond the definition. */
async function faultOf(definition: ModelDefinition): Promise<string | null> {
  try {
    await readLabels(definition.folder, definition.config);
    await readWarmups(definition, await readSequences(definition));
    return null;
  } catch (error) {
    return toEngineError(error).message;
  }
}
