import { EngineError } from '../base';
import type { TensorSpec } from '../contract';
import type { DataPlane } from '../dataplane';
import type {
  InferenceRequest,
  InferenceResult,
  LoadOverride,
  LogSettings,
  ModelStatistics,
  RepositoryIndexEntry,
  SettingsChange,
  TraceSettings,
} from '../inference';

const X: TensorSpec = {
  name: 'x',
  datatype: 'FP32',
  shape: [-1, 3],
  dimNames: ['batch', null],
  optional: false,
};

const NONE = { count: 0, ns: 0 } as const;
/** Benchmarks and fuzzers send millions: what is kept of them must not look like a leak of the door's. */
const KEPT = 100;

/** The doors' tests' DataPlane: the model "identity" gives its inputs back as outputs of the same names. */
export class IdentityDataPlane implements DataPlane {
  ready = true;
  live = true;
  refusal: EngineError | null = null;
  /** What `infer` waits for, or throws; replaced by tests. */
  before: (request: InferenceRequest) => void | Promise<void> = () => undefined;
  /** The newest requests, oldest first. */
  readonly served: InferenceRequest[] = [];
  /** What it was told to load and unload, the newest last. */
  readonly orders: {
    readonly order: 'load' | 'unload';
    readonly name: string;
    readonly override?: LoadOverride;
  }[] = [];
  #trace: TraceSettings = {
    trace_level: ['OFF'],
    trace_rate: '1000',
    trace_count: '-1',
    log_frequency: '0',
    trace_file: '',
    trace_mode: 'triton',
  };
  #log: LogSettings = {
    log_file: '',
    log_info: true,
    log_warning: true,
    log_error: true,
    log_verbose_level: 0,
    log_format: 'default',
  };

  refusalOf(): EngineError | null {
    return this.refusal;
  }

  isReady(): boolean {
    return this.ready;
  }

  isLive(): boolean {
    return this.live;
  }

  serverInfo() {
    return { name: 'ferry', version: '1.0.0', extensions: ['binary_tensor_data'] };
  }

  modelReady(name: string, version: string | null): boolean {
    this.#find(name, version);
    return this.ready;
  }

  modelMetadata(name: string, version: string | null) {
    this.#find(name, version);
    return {
      name,
      versions: [version ?? '1'],
      platform: 'onnxruntime_onnx',
      inputs: [X],
      outputs: [{ ...X, name: 'y' }],
    };
  }

  modelConfig(name: string, version: string | null) {
    this.#find(name, version);
    return {
      name,
      platform: 'onnxruntime_onnx',
      max_batch_size: 8,
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [3] }],
      output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [3] }],
    };
  }

  statistics(name: string | null, version: string | null): readonly ModelStatistics[] {
    if (name !== null) this.#find(name, version);
    return [
      {
        name: 'identity',
        version: '1',
        lastInferenceMs: 0,
        inferenceCount: this.served.length,
        executionCount: this.served.length,
        success: { count: this.served.length, ns: this.served.length * 1000 },
        fail: NONE,
        queue: NONE,
        computeInput: NONE,
        computeInfer: NONE,
        computeOutput: NONE,
        batches: [],
      },
    ];
  }

  inputsOf(name: string, version: string | null): readonly TensorSpec[] {
    this.#find(name, version);
    return [X];
  }

  async infer(request: InferenceRequest): Promise<InferenceResult> {
    this.#find(request.model, request.version);
    keep(this.served, request);
    await this.before(request);
    return {
      model: request.model,
      version: request.version ?? '1',
      // With memory of their own, as what comes from an instance: that of a request is another's once it has ended.
      outputs: request.inputs.map((input) => ({ ...input, data: new Uint8Array(input.data) })),
      spans: { queueUs: 0, computeInputUs: 0, computeInferUs: 0, computeOutputUs: 0, totalUs: 0 },
      batch: { id: 1, rows: 1, reason: 'full' },
    };
  }

  repositoryIndex(readyOnly: boolean): readonly RepositoryIndexEntry[] {
    const ready = { name: 'identity', version: '1', state: 'READY', reason: '' };
    return readyOnly ? [ready] : [ready, { name: 'other', version: '', state: '', reason: '' }];
  }

  async loadModel(name: string, override: LoadOverride): Promise<void> {
    this.#find(name, null);
    keep(this.orders, { order: 'load', name, override });
  }

  async unloadModel(name: string): Promise<void> {
    this.#find(name, null);
    keep(this.orders, { order: 'unload', name });
  }

  traceSettings(): TraceSettings {
    return this.#trace;
  }

  updateTraceSettings(_model: string | null, change: SettingsChange): TraceSettings {
    this.#trace = { ...this.#trace, ...Object.fromEntries(change) } as TraceSettings;
    return this.#trace;
  }

  logSettings(): LogSettings {
    return this.#log;
  }

  updateLogSettings(change: SettingsChange): LogSettings {
    this.#log = { ...this.#log, ...Object.fromEntries(change) } as LogSettings;
    return this.#log;
  }

  #find(name: string, version: string | null): void {
    if (name !== 'identity')
      throw new EngineError('MODEL_UNKNOWN', `Request for unknown model: '${name}' is not found`);
    if (version !== null && version !== '1')
      throw new EngineError('VERSION_NOT_FOUND', `model "identity" has no version ${version}`);
  }
}

function keep<T>(kept: T[], newest: T): void {
  if (kept.push(newest) > KEPT) kept.shift();
}
