export type { CancelSignal, InferenceRequest, ParameterValue, RequestedOutput } from './inference-request';
export type { InferenceResult } from './inference-result';
export type { ModelMetadata, ServerInfo } from './model-metadata';
export type { BatchStatistics, ModelStatistics, StatisticDuration } from './model-statistics';
export type { LoadOverride, RepositoryIndexEntry } from './repository-index';
export type { RequestSpans } from './request-spans';
export type { LogSettings, SettingsChange, TraceSettings } from './server-settings';
export type { SessionSpec } from './session-spec';
