import { EngineError, type Logger, type LogStore } from '../base';
import { printModelConfig } from '../config';
import type {
  InferenceRequest,
  InferenceResult,
  LoadOverride,
  ServerInfo,
  SettingsChange,
} from '../inference';
import type { ModelRegistry } from '../models';
import { checkClassification, classifyOutputs, wantsClasses } from './classify';
import type { DataPlane } from './data-plane';
import { LogBook } from './log-settings';
import { TraceBook } from './trace-settings';

/** Triton's names for what runs a model. */
const PLATFORMS = { onnxruntime: 'onnxruntime_onnx', simulated: 'ferry_simulated' } as const;

/**
 * Protocol extensions that this server has, by Triton's names. Clients act on the list (perf_analyzer asks for statistics when
 * it reads `statistics`), so a name is added here together with what it promises, not before.
 */
const EXTENSIONS: readonly string[] = [
  'binary_tensor_data',
  'classification',
  'logging',
  'model_configuration',
  'model_repository',
  'model_repository(unload_dependents)',
  'sequence',
  'statistics',
  'trace',
];

export interface RegistryDataPlaneOptions {
  readonly registry: ModelRegistry;
  readonly name: string;
  readonly version: string;
  /** What the logging extension acts on, and where traces go. */
  readonly logs: Pick<LogStore, 'logger' | 'switches'>;
}

/** The registry as the data plane's doors see it. */
export class RegistryDataPlane implements DataPlane {
  readonly #registry: ModelRegistry;
  readonly #info: ServerInfo;
  readonly #traces = new TraceBook();
  readonly #traceLog: Logger;
  readonly #logBook: LogBook;

  constructor({ registry, name, version, logs }: RegistryDataPlaneOptions) {
    this.#traceLog = logs.logger.child('trace');
    this.#logBook = new LogBook(logs.switches);
    this.#registry = registry;
    this.#info = { name, version, extensions: EXTENSIONS };
  }

  isLive(): boolean {
    return true;
  }

  isReady(): boolean {
    return this.#registry.isReady;
  }

  serverInfo(): ServerInfo {
    return this.#info;
  }

  modelReady(name: string, version: string | null): boolean {
    return this.#registry.takesRequests(name, version);
  }

  modelMetadata(name: string, version: string | null) {
    const { inputs, outputs, versionsReady } = this.#registry.specOf(name, version);
    const platform = PLATFORMS[this.#registry.summary(name).backend];
    return { name, versions: version === null ? versionsReady : [version], platform, inputs, outputs };
  }

  modelConfig(name: string, version: string | null) {
    return printModelConfig(this.#registry.configOf(name, version));
  }

  statistics(name: string | null, version: string | null) {
    return this.#registry.statistics(name, version);
  }

  inputsOf(name: string, version: string | null) {
    return this.#registry.inputsOf(name, version);
  }

  refusalOf(name: string, version: string | null): EngineError | null {
    try {
      return this.#registry.refusalOf(name, version);
    } catch {
      // What it is, the request is told when it has been read.
      return null;
    }
  }

  infer(request: InferenceRequest): Promise<InferenceResult> {
    const result = wantsClasses(request) ? this.#inferClasses(request) : this.#registry.infer(request);
    return this.#traces.isOn && this.#traces.samples(request.model) ? this.#traced(request, result) : result;
  }

  async #traced({ id }: InferenceRequest, answer: Promise<InferenceResult>): Promise<InferenceResult> {
    const result = await answer;
    const { model, version, spans, batch } = result;
    this.#traceLog.info(`${model} version ${version}: ${spans.totalUs.toFixed(0)} us`, {
      model,
      version,
      id: id.slice(0, 100),
      ...spans,
      batch: batch.id,
      rows: batch.rows,
    });
    return result;
  }

  async #inferClasses(request: InferenceRequest): Promise<InferenceResult> {
    const { model, version } = request;
    const { outputs, stacks: batchable } = this.#registry.specOf(model, version);
    checkClassification(request, outputs, batchable);
    // Read before it runs: the model may be unloaded when the answer is there.
    const labels = new Map(
      request.outputs?.map(({ name }) => [name, this.#registry.labelsOf(model, version, name)]),
    );
    const result = await this.#registry.infer(request);
    return classifyOutputs(request, result, { batchable, labelsOf: (output) => labels.get(output) ?? null });
  }

  repositoryIndex(readyOnly: boolean) {
    return this.#registry.index(readyOnly);
  }

  async loadModel(name: string, override: LoadOverride): Promise<void> {
    this.#requireExplicit();
    await this.#registry.load(name, override);
  }

  async unloadModel(name: string): Promise<void> {
    this.#requireExplicit();
    await this.#registry.beginUnload(name);
  }

  #requireExplicit(): void {
    const { controlMode } = this.#registry;
    if (controlMode === 'explicit') return;
    throw new EngineError(
      'CONTROL_REFUSED',
      `explicit model load / unload is not allowed in model control mode "${controlMode}"; the server must be started with --model-control explicit`,
    );
  }

  traceSettings(model: string | null) {
    this.#mustKnow(model);
    return this.#traces.settings(model);
  }

  updateTraceSettings(model: string | null, change: SettingsChange) {
    this.#mustKnow(model);
    return this.#traces.update(model, change);
  }

  logSettings() {
    return this.#logBook.settings();
  }

  updateLogSettings(change: SettingsChange) {
    return this.#logBook.update(change);
  }

  /** Throws MODEL_UNKNOWN. */
  #mustKnow(model: string | null): void {
    if (model !== null) this.#registry.summary(model);
  }
}
