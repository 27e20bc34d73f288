import type { TensorSpec } from '../contract';
import type { InferenceRequest, InferenceResult } from '../inference';
import type { ModelMetadata } from '../protocol';

/**
 * What the data plane needs of the models behind it. The registry stands behind it in the engine, a fake in tests. Everything that
 * takes a model's name throws (or rejects with) an EngineError: MODEL_UNKNOWN, VERSION_NOT_FOUND, MODEL_NOT_READY.
 */
export interface ModelsPort {
  /** True when every model that should serve does. */
  isReady(): boolean;
  isLive(): boolean;
  /** `version` null: all versions that are ready. */
  metadata(name: string, version: string | null): ModelMetadata;
  modelReady(name: string, version: string | null): boolean;
  inputsOf(name: string, version: string | null): readonly TensorSpec[];
  /** Checks the request against the model, queues it and runs it. Cancels when the request's signal fires. */
  infer(request: InferenceRequest): Promise<InferenceResult>;
}
