import { patchModelConfig } from '../config';
import type { ModelSettingsPatch } from '../contract';
import type { ModelDefinition } from './model-definition';

/**
 * A patch of settings before it has its turn; a model that cannot be read is told when it has.
 * Errors: INVALID_ARGUMENT naming everything that is wrong with it.
 */
export function checkSettings(definition: ModelDefinition | null, patch: ModelSettingsPatch): void {
  if (definition) patchModelConfig(definition.config, patch, definition.settingsContext);
}
