import { type ModelConfig, patchModelConfig } from '../config';
import type { ModelSettingsPatch } from '../contract';
import type { ModelDefinition } from './model-definition';

/**
 * The configuration of a model as a patch of its settings makes it.
 *
 * @param singleRunUs what one row takes alone, microseconds, where the model serves and it was seen
 * Errors: INVALID_ARGUMENT naming everything that is wrong with the patch; MODEL_INVALID when the configuration itself is.
 */
export function patchedConfig(
  { config, settingsContext }: ModelDefinition,
  patch: ModelSettingsPatch,
  singleRunUs: number | null = null,
): ModelConfig {
  return patchModelConfig(config, patch, { ...settingsContext, measured: { singleRunUs } });
}
