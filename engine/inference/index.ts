export type { CancelSignal, InferenceRequest, ParameterValue, RequestedOutput } from './inference-request';
export type { InferenceResult } from './inference-result';
export type { RequestSpans } from './request-spans';
export type { SessionSpec } from './session-spec';
