export { didYouMean } from './did-you-mean';
export { editModelConfig } from './edit-model-config';
export {
  type ConfigInput, type ConfigOutput, configParameter, type ModelConfig, wireDatatype,
} from './model-config';
export { ModelConfigType } from './model-config-proto';
export { parseModelConfig, writeModelConfig } from './model-config-text';
export { dimsOmitBatch, patchModelConfig, type SettingOrigins, type SettingsContext, settingsOf } from './model-settings';
export { engineHelp, type EngineOptions, type EngineOptionsDefaults } from './engine-options';
export { type EngineOptionsSource, parseEngineOptions } from './parse-engine-options';
