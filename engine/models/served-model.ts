import { EngineError, toEngineError } from '../base';
import {
  type BatcherObserver,
  batchPolicyOf,
  DynamicBatcher,
  type DynamicBatcherOptions,
  largestBatch,
  type Scheduler,
  SequenceBatcher,
} from '../batching';
import type { AutoState, CostCurveRecord, ModelSettings } from '../contract';
import type { InferenceRequest, InferenceResult, ModelStatistics, SessionSpec } from '../inference';
import { type Instance, InstancePool, ThreadInstance, type WarmingInstance } from '../instances';
import type { ModelStats, VersionStats, VersionView } from '../metrics';
import { AutoMode } from './auto';
import { autoWarmUp, warmupSizes } from './auto-warmup';
import { batchRecord } from './batch-record';
import { type CheckedRequest, createInputChecker, type InputChecker } from './check-inputs';
import { DevicePlace } from './device-place';
import type { VersionShare } from './device-use';
import { toClientShapes, toModelShapes } from './reshape';
import { rowLimitText } from './row-limit-text';
import { InstanceScaler, obstacleToInstances } from './scaling';
import type { ServedModelSpec } from './served-model-spec';
import type { ServingContext } from './serving-context';
import { WarmedRows } from './warmed-rows';
import { warmUp } from './warmup';

/** Batcher, instances and statistics of one version of one model. */
export class ServedModel {
  readonly warmed: WarmedRows;
  readonly #spec: ServedModelSpec;
  readonly #context: ServingContext;
  readonly #modelStats: ModelStats;
  readonly #stats: VersionStats;
  readonly #checker: InputChecker;
  readonly #pool: InstancePool;
  readonly #batcher: Scheduler;
  readonly #scaler: InstanceScaler;
  readonly #auto: AutoMode;
  readonly #place: DevicePlace;
  #settings: ModelSettings;
  /** What is said of a limit that a lack of memory set; null without one. */
  #rowLimit: string | null = null;
  #loadDurationMs = 0;
  #isRetired = false;
  /** The quickest of the batches of one row that these sessions ran. */
  #singleRunUs: number | null = null;

  constructor(spec: ServedModelSpec, stats: ModelStats, context: ServingContext) {
    this.#spec = spec;
    this.warmed = new WarmedRows(spec.stacks);
    this.#context = context;
    this.#modelStats = stats;
    this.#stats = stats.beginVersion(spec.version);
    this.#settings = spec.settings;
    this.#checker = createInputChecker(spec.tensors.inputs, spec.tensors.outputs, spec.stacks);
    const { clock, logger } = context;
    this.#pool = new InstancePool({
      name: `${spec.name}/${spec.version}`,
      clock,
      logger: logger.child('instances'),
      createInstance:
        context.createInstance ?? ((name, instanceSpec) => new ThreadInstance(name, instanceSpec, clock)),
      warmUp: (instance, loadUs, instanceSpec) =>
        this.warmed.during(instance, (one) => this.#warmUp(one, loadUs, instanceSpec)),
      onCapacity: () => {
        this.#auto.capacityChanged();
        this.#batcher.instancesChanged();
      },
      onMembers: () => this.#membersChanged(),
      onLost: (message) => context.onInstanceLost(spec.name, message),
      onGaveUp: (reason) => this.#giveUp(reason),
    });
    this.#auto = this.#createAutoMode();
    this.#place = new DevicePlace(context, spec.settings, spec.scheduling.rateLimiter, () =>
      this.#batcher.instancesChanged(),
    );
    const batcherOptions: DynamicBatcherOptions = {
      gate: this.#place.gate,
      model: spec.name,
      version: spec.version,
      clock,
      runner: this.#pool,
      observer: this.#observer(),
      policy: batchPolicyOf(spec.settings, spec.stacks, spec.scheduling),
      nextBatchId: context.nextBatchId,
      onRowLimit: (rowLimit, failedRows) => this.#limitRows(rowLimit, failedRows),
    };
    const { sequence: setup = null } = spec;
    this.#batcher =
      setup === null
        ? new DynamicBatcher({ ...batcherOptions, predictor: this.#auto })
        : new SequenceBatcher({
            ...batcherOptions,
            setup,
            // What the load asks for, which the settings only bound.
            instances: () => this.#pool.wantedCount || this.#settings.instanceCount,
          });
    this.#scaler = this.#createScaler();
  }

  get version(): string {
    return this.#spec.version;
  }

  get settings(): ModelSettings {
    return this.#settings;
  }

  get instances(): readonly Instance[] {
    return this.#pool.instances;
  }

  get readyInstances(): number {
    return this.#pool.readyCount;
  }

  get queueLength(): number {
    return this.#batcher.queueLength;
  }

  get inFlight(): number {
    return this.#batcher.inFlight;
  }

  get sequences(): number {
    return this.#batcher.sequences;
  }

  /** Provider of the running sessions, and what was passed over for it. */
  get provider(): { readonly active: string | null; readonly notes: readonly string[] } {
    const serving = this.#pool.instances.find((instance) => instance.provider !== null);
    return { active: serving?.provider ?? null, notes: serving?.providerNotes ?? [] };
  }

  /** What it takes of its device; null while no instance runs. */
  get deviceShare(): VersionShare | null {
    const { active } = this.provider;
    if (active === null) return null;
    const { deviceWeight: weight, deviceClass } = this.#settings;
    const deviceId = this.#context.deviceOf(active);
    const { busyUs } = this.#stats;
    return { model: this.#spec.name, deviceId, weight, deviceClass, busyUs, instances: this.readyInstances };
  }

  /** What is to be known of how it runs. */
  get notices(): readonly string[] {
    return [...this.#place.notices, ...(this.#rowLimit === null ? [] : [this.#rowLimit])];
  }

  get costCurve(): CostCurveRecord | null {
    return this.#auto.costCurve;
  }

  get auto(): AutoState | null {
    return this.#auto.state;
  }

  /** What one row takes alone, microseconds, by the cost curve or else as it was seen; null when neither says. */
  get singleRunUs(): number | null {
    return this.#auto.singleRunUs ?? this.#singleRunUs;
  }

  /** Since it was loaded. */
  statistics(): ModelStatistics {
    return this.#stats.statistics(this.#spec.name);
  }

  /** @param tags the model's `metric_tags` */
  metrics(tags: VersionView['tags']): VersionView {
    const { name, version } = this.#spec;
    const { active } = this.provider;
    const { departures, busyUs, latency } = this.#stats.counters();
    this.#stats.detail?.summaries?.rotateTo(this.#context.clock.wallMs());
    return {
      model: name,
      version,
      tags,
      deviceId: active === null ? null : this.#context.deviceOf(active),
      statistics: this.statistics(),
      failures: this.#stats.failuresAfterQueueing(),
      departures,
      busyUs,
      latency,
      detail: this.#stats.detail,
      queueLength: this.queueLength,
      maxQueueSize: this.#settings.maxQueueSize,
      inFlight: this.inFlight,
      instancesReady: this.readyInstances,
      loadDurationMs: this.#loadDurationMs,
    };
  }

  /** Loads the model on all its instances. Rejects with MODEL_INVALID or INSTANCE_LOST; nothing is left running then. */
  async start(): Promise<void> {
    const { clock } = this.#context;
    const beganUs = clock.nowUs();
    try {
      await this.#want(this.#settings, this.#settings.instanceCount);
      this.#scaler.begin(this.#settings);
      this.#loadDurationMs = (clock.nowUs() - beganUs) / 1000;
    } catch (error) {
      this.#place.close();
      await this.#pool.stop();
      throw error;
    }
  }

  /** Checks, queues, runs. Rejects with INVALID_ARGUMENT, QUEUE_FULL, CANCELLED, INSTANCE_LOST, BACKEND_FAILED. */
  infer(request: InferenceRequest): Promise<InferenceResult> {
    // Not an async function: with many waiting, what each waiting request holds in memory is most of its cost.
    let checked: CheckedRequest;
    try {
      checked = this.#checker.check(request, largestBatch(this.#settings));
    } catch (error) {
      this.#stats.recordFailure(toEngineError(error).code, null);
      return Promise.reject(error);
    }
    if (this.#auto.wantsShapes) this.#auto.sawRequest(request.inputs);
    const { inputReshapes, outputReshapes } = this.#spec.tensors;
    const inner =
      inputReshapes.size === 0
        ? request
        : { ...request, inputs: toModelShapes(request.inputs, inputReshapes) };
    const result = this.#batcher.submit(inner, checked.rows, checked.laneKey);
    if (outputReshapes.size === 0) return result;
    return result.then((answer) => ({ ...answer, outputs: toClientShapes(answer.outputs, outputReshapes) }));
  }

  refusal(): EngineError | null {
    return this.#batcher.refusal();
  }

  /**
   * Batch policy takes effect with the next batch; instances are added before others leave, so nothing is lost. Resolves
   * when the instances are as wanted.
   */
  async apply(settings: ModelSettings): Promise<void> {
    const before = this.#settings;
    this.#settings = settings;
    this.#rowLimit = null;
    this.#scaler.stop();
    this.#place.claim(settings);
    this.#batcher.setPolicy(batchPolicyOf(settings, this.#spec.stacks, this.#spec.scheduling));
    try {
      await this.#want(settings, settings.instanceCount);
    } catch (error) {
      // The sessions that serve are those of before; say so in what is reported.
      this.#settings = {
        ...settings,
        instanceCount: before.instanceCount,
        executionProviders: before.executionProviders,
        intraOpThreads: before.intraOpThreads,
      };
      this.#place.claim(this.#settings);
      await this.#want(this.#settings, before.instanceCount);
      throw error;
    } finally {
      // Meanwhile its last instance may have been lost, and with it the version.
      if (!this.#isRetired) this.#scaler.begin(this.#settings);
    }
  }

  /** Takes no more requests, answers those it has, then lets its sessions go. */
  async retire(limitUs: number): Promise<void> {
    this.#isRetired = true;
    this.#scaler.stop();
    this.#place.leave(this.#settings);
    const { clock } = this.#context;
    const error = new EngineError(
      'MODEL_NOT_READY',
      `model "${this.#spec.name}" version ${this.version} is being unloaded`,
      { retryAfterSeconds: 1 },
    );
    const limit = clock.callAt(clock.nowUs() + limitUs, () => {
      this.#batcher.abort(error);
      this.#pool.killBusy(`its batch did not end within the ${limitUs / 1000} ms that a stop waits`);
    });
    await Promise.all([this.#auto.stop(), this.#batcher.drain(error)]);
    limit.cancel();
    this.#place.close();
    await this.#pool.stop();
    this.#modelStats.endVersion(this.#stats);
  }

  async #want(settings: ModelSettings, count: number): Promise<void> {
    const spec = this.#spec.instanceSpecOf(settings);
    await this.#pool.want(spec, count);
    this.#place.check(this.provider.active);
    this.#singleRunUs = null;
    this.#auto.use(spec, this.provider.active);
  }

  async #warmUp(instance: WarmingInstance, loadUs: number, spec: SessionSpec): Promise<void> {
    const { warmup = [], autoWarmup = false, stacks, tensors } = this.#spec;
    await warmUp(instance, warmup);
    if (await this.#auto.prepare(instance, spec, loadUs)) return;
    // A device that does not exist has nothing to prepare.
    if (warmup.length > 0 || !autoWarmup || instance.provider === 'simulated') return;
    const { clock, logger } = this.#context;
    const plan = { ...tensors, sizes: warmupSizes(this.#settings, stacks) };
    await autoWarmUp(instance, plan, loadUs, () => clock.nowUs(), logger.child('warm-up'));
  }

  #createAutoMode(): AutoMode {
    const { name, version, stacks, sequence = null, autoWarmup = false, tensors } = this.#spec;
    const { clock, logger, deviceOf, deviceNameOf = (id) => id, curves = null, runtime = '' } = this.#context;
    return new AutoMode({
      clock,
      logger: logger.child('auto'),
      label: `model "${name}" version ${version}`,
      isPossible: stacks && sequence === null,
      mayRunZeros: autoWarmup,
      tensors,
      settings: () => this.#settings,
      pool: this.#pool,
      instances: () => this.#pool.readyCount,
      hasTraffic: () => this.queueLength + this.inFlight > 0,
      deviceOf: (provider) => ({ id: deviceOf(provider), name: deviceNameOf(deviceOf(provider)) }),
      runtime,
      store: curves,
      onChanged: () => this.#context.onInstancesChanged(),
    });
  }

  #createScaler(): InstanceScaler {
    const { name, cpuBudget, fileSizeBytes } = this.#spec;
    const { clock, logger, onScaled } = this.#context;
    return new InstanceScaler({
      clock,
      cpuBudget,
      isOnCpu: () => this.provider.active === 'cpu',
      load: () => ({
        instances: this.#pool.readyCount,
        running: this.#pool.busyCount,
        waiting: this.queueLength,
      }),
      obstacle: (further) =>
        this.#context.obstacleToInstances?.(name, further) ?? obstacleToInstances(fileSizeBytes, further),
      want: (count, intraOpThreads) => this.#want({ ...this.#settings, intraOpThreads }, count),
      onDecision: (text) => {
        logger.child('scaling').info(`model "${name}" version ${this.version}: ${text}`);
        onScaled(name, text);
      },
    });
  }

  #limitRows(rowLimit: number, failedRows: number | null): void {
    const { logger, onInstancesChanged } = this.#context;
    const { notice, event } = rowLimitText(rowLimit, failedRows);
    this.#rowLimit = notice;
    logger.child('memory').warn(`model "${this.#spec.name}": ${event}`);
    onInstancesChanged();
  }

  #membersChanged(): void {
    // Where its instances run is known once the first one does.
    this.#place.moveTo(this.provider.active, this.readyInstances);
    this.#context.onInstancesChanged();
  }

  #giveUp(reason: string): void {
    if (this.#pool.readyCount > 0) return;
    this.#batcher.abort(
      new EngineError('INSTANCE_LOST', `every instance of model "${this.#spec.name}" is gone: ${reason}`),
    );
    this.#spec.onGaveUp?.(reason);
  }

  #observer(): BatcherObserver {
    return {
      batchDone: (batch, instance, output) => {
        const busyUs = output.computeInputUs + output.computeInferUs + output.computeOutputUs;
        const record = batchRecord(batch, output, { ...this.#ranOn(instance), error: null });
        this.#stats.recordBatch(record, busyUs);
        if (batch.rows + batch.paddedRows === 1)
          this.#singleRunUs = Math.min(busyUs, this.#singleRunUs ?? busyUs);
        this.#scaler.batchEnded({ rows: batch.rows, queueUs: batch.oldestQueueUs, runUs: busyUs });
        const { active } = this.provider;
        if (active !== null) this.#context.deviceBusy.add(this.#context.deviceOf(active), busyUs);
      },
      batchFailed: (batch, instance, error) => {
        this.#context.logger
          .child('batching')
          .error(`batch ${batch.id} of ${this.#spec.name} failed: ${error.message}`, {
            rows: batch.rows,
            instance,
          });
        const record = batchRecord(batch, null, { ...this.#ranOn(instance), error: error.message });
        this.#stats.recordBatch(record, 0);
      },
      requestDone: (result) => this.#stats.recordRequest(result.spans),
      requestFailed: (error, waitedUs) => this.#stats.recordFailure(error.code, waitedUs),
    };
  }

  #ranOn(instance: string) {
    return { atMs: this.#context.clock.wallMs(), model: this.#spec.name, version: this.version, instance };
  }
}
