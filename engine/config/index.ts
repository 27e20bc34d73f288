export { didYouMean } from './did-you-mean';
export { editModelConfig } from './edit-model-config';
export type { EngineOptions, EngineOptionsDefaults } from './engine-options';
export {
  type ConfigInput,
  type ConfigOutput,
  configParameter,
  type ModelConfig,
  wireDatatype,
} from './model-config';
export { parseModelConfig, writeModelConfig } from './model-config-text';
export {
  dimsOmitBatch,
  patchModelConfig,
  type SettingOrigins,
  type SettingsContext,
  settingsOf,
} from './model-settings';
export { type EngineOptionsSource, parseEngineOptions } from './parse-engine-options';
