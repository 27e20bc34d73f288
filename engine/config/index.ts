export { defaultDataPath, desktopDataPath } from './data-path';
export { didYouMean } from './did-you-mean';
export { diffConfig } from './diff-config';
export { editModelConfig } from './edit-model-config';
export {
  type EngineOptions,
  type EngineOptionsDefaults,
  engineHelp,
  envName,
  OPTION_TEXTS,
} from './engine-options';
export { flattenConfig } from './flatten-config';
export { memoryBudgetSchema, memoryBudgetsOf } from './memory-budget';
export { type MetricsConfig, metricsConfigOf } from './metrics-config';
export {
  type ConfigInput,
  type ConfigInstanceGroup,
  type ConfigOutput,
  type ConfigSequenceBatching,
  type ConfigSequenceControl,
  type ConfigSequenceState,
  type ConfigWarmup,
  type ConfigWarmupInput,
  configDataType,
  configParameter,
  type ModelConfig,
  wireDatatype,
} from './model-config';
export { parseModelConfigJson } from './model-config-json';
export { MODEL_CONFIG_PROTO, ModelConfigType } from './model-config-proto';
export { parseModelConfig, writeModelConfig } from './model-config-text';
export { type EngineOptionsSource, parseEngineOptions } from './parse-engine-options';
export { patchModelConfig } from './patch-settings';
export { printModelConfig } from './print-model-config';
export { ACCELERATOR_PROVIDERS } from './provider-settings';
export { type ResourceLimit, resourceLimitsOf } from './rate-limit';
export { dimsOmitBatch, type SettingOrigins, settingsOf } from './read-settings';
export { type RunFile, readRunFile, removeRunFile, writeRunFile } from './run-file';
export {
  type QueuePolicy,
  type RateLimiterConfig,
  type RateLimiterResource,
  type SchedulingConfig,
  schedulingConfigOf,
} from './scheduling-config';
export {
  DEFAULT_SESSION_TUNING,
  type SessionTuning,
  sessionTuningOf,
  TUNING_PARAMETERS,
} from './session-tuning';
export type { SettingsContext } from './setting-rules';
