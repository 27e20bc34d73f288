import type { EngineError } from '../base';
import type { TensorSpec } from '../contract';
import type {
  InferenceRequest,
  InferenceResult,
  LoadOverride,
  LogSettings,
  ModelMetadata,
  ModelStatistics,
  RepositoryIndexEntry,
  ServerInfo,
  SettingsChange,
  TraceSettings,
} from '../inference';

/**
 * What the data plane offers, whatever the door: every operation of the Open Inference Protocol on records, without a transport.
 * The doors decode, call one of these, and encode. The registry stands behind it in the engine, a fake in the doors' tests.
 *
 * Everything that takes a model's name throws (or rejects with) an EngineError: MODEL_UNKNOWN, VERSION_NOT_FOUND,
 * MODEL_NOT_READY. A `version` of null means: none was named, the highest that is ready.
 */
export interface DataPlane {
  isLive(): boolean;
  /** True when every model that should serve does. */
  isReady(): boolean;
  serverInfo(): ServerInfo;

  modelReady(name: string, version: string | null): boolean;
  /** `version` null: all versions that are ready. */
  modelMetadata(name: string, version: string | null): ModelMetadata;
  /** The effective `ModelConfig` message as a plain object: Triton's field names, every field that has a value. */
  modelConfig(name: string, version: string | null): Readonly<Record<string, unknown>>;
  /** `name` null: all models that are ready. `version` null: all versions of the model that are ready. */
  statistics(name: string | null, version: string | null): readonly ModelStatistics[];
  inputsOf(name: string, version: string | null): readonly TensorSpec[];
  /** Why even the smallest request would be refused now, so that it need not be read; null when it is to be. Never throws. */
  refusalOf(name: string, version: string | null): EngineError | null;
  /**
   * Checks the request against the model, queues it, runs it and ranks outputs for which classes were asked. Cancels when the
   * request's signal fires. Once it has settled nobody reads the request's tensors any more, and no output is a view of them: their
   * memory may then be another request's.
   */
  infer(request: InferenceRequest): Promise<InferenceResult>;

  repositoryIndex(readyOnly: boolean): readonly RepositoryIndexEntry[];
  /** Resolves when it serves. Rejects with CONTROL_REFUSED unless models are loaded by request (`--model-control explicit`). */
  loadModel(name: string, override: LoadOverride): Promise<void>;
  /** Resolves when it takes no more requests; those it has are still answered. Refused as `loadModel` is. */
  unloadModel(name: string): Promise<void>;

  /** `model` null: the server's. */
  traceSettings(model: string | null): TraceSettings;
  updateTraceSettings(model: string | null, change: SettingsChange): TraceSettings;
  logSettings(): LogSettings;
  updateLogSettings(change: SettingsChange): LogSettings;
}
