import { silentLogger, toEngineError } from '../../../base';
import { largestBatch } from '../../../batching';
import type { MemoryEstimate, ModelSettings } from '../../../contract';
import type { InferenceRequest, InferenceResult } from '../../../inference';
import { ServedModel, type Tenant, Turns } from '../../../models';
import type { NamedTensor } from '../../../tensor';
import { buildRequest } from '../../build-request';
import { ChaosBatch } from './chaos-batch';
import { DEVICE, estimateOf } from './chaos-memory';
import {
  type Ask,
  inputOf,
  ON_CALL_ENDS,
  refusalsOf,
  saltOf,
  timeoutUsOf,
  versionOf,
  wrongIn,
} from './chaos-request';
import type { ChaosWorld } from './chaos-world';
import { EndCounter } from './end-counter';
import { PLANNED, type Sent } from './ledger';
import type { ModelKind } from './model-kinds';
import { specOf } from './served-spec';
import { VirtualInstance, type VirtualModel } from './virtual-instance';

/** Longest that a version that leaves waits for its requests. */
export const DRAIN_LIMITS_US = [0, 30_000, 30e6];
const LONGEST_DRAIN_US = 30e6;

/**
 * A model of a run, as the registry has one: a version that serves, versions on their way out, its place in memory, and every request
 * counted. Changes are made one at a time; `busy` while one is under way.
 */
export class ChaosModel implements Tenant {
  readonly done = { applied: 0, opened: 0, closed: 0, gaveUp: 0, batches: 0, rows: 0, coldStarts: 0 };
  readonly deviceId = DEVICE;
  evictions = 0;
  /** Evicted, and to be loaded when a request comes. */
  isOnCall = false;
  lastUseUs = Number.NEGATIVE_INFINITY;
  readonly #world: ChaosWorld;
  readonly #stats: EndCounter;
  readonly #virtual: VirtualModel;
  /** Versions that may still have requests. */
  readonly #all = new Set<ServedModel>();
  readonly #batch: ChaosBatch;
  readonly #turns = new Turns();
  readonly #waiting = new WeakMap<InferenceRequest, { readonly sent: Sent; readonly ask: Ask }>();
  #current: ServedModel | null = null;
  #settings: ModelSettings;
  #lastVersion = 0;
  #asked = 0;
  /** Without an answer, as their clients see it. */
  #open = 0;
  #changing = false;

  constructor(
    readonly kind: ModelKind,
    world: ChaosWorld,
  ) {
    this.#world = world;
    this.#settings = kind.settings;
    this.#stats = new EndCounter(kind.name, null);
    this.#batch = new ChaosBatch(kind, world.ledger);
    this.#virtual = {
      meanUs: (rows) => 20_000 + 3_000 * rows,
      onBatch: (instance, inputs) => this.#onBatch(instance, inputs),
      onReturned: (instance) => world.watch.left(instance),
      onUnfit: (instance, inputs) => this.#batch.unfit(instance, inputs),
      compute: (instance, inputs) => {
        this.#batch.fitted(instance, inputs[0]?.shape[0] ?? 1);
        const outputs = this.#batch.compute(inputs, saltOf(versionOf(instance)));
        return world.tamper?.(outputs) ?? outputs;
      },
    };
  }

  get current(): ServedModel | null {
    return this.#current;
  }

  get name(): string {
    return this.kind.name;
  }

  get busy(): boolean {
    return this.#changing || !this.#turns.isIdle;
  }

  /** Neither serves nor waits for a request to be loaded. */
  get isAway(): boolean {
    return this.#current === null && !this.isOnCall;
  }

  get isPinned(): boolean {
    return this.#settings.pinned;
  }

  get sequences(): number {
    return this.#current?.sequences ?? 0;
  }

  get isBusy(): boolean {
    return this.#current !== null && this.#current.queueLength + this.#current.inFlight > 0;
  }

  get memory(): MemoryEstimate {
    return estimateOf(this.#settings);
  }

  /** Asks the version that serves, or waits for one; nothing when there is neither. `onEnd` is told whether it was answered. */
  ask(ask: Ask, onEnd: (right: boolean) => void): void {
    const { ledger, clock } = this.#world;
    if (this.isAway) {
      clock.callAt(clock.nowUs() + 100_000, () => onEnd(false));
      return;
    }
    const { name } = this;
    const sent = ledger.begin({ model: name, rows: ask.seconds.length, mayEndWith: ON_CALL_ENDS });
    const input = inputOf(ask, sent.id, this.kind.stacks);
    if (ask.cancelAfterUs === 0) sent.signal.cancelled = sent.gone = true;
    this.#asked++;
    this.#open++;
    this.lastUseUs = clock.nowUs();
    const request = buildRequest([input], { model: name, parameters: ask.parameters, signal: sent.signal });
    this.#answer(request, sent, ask).then(
      (result) => {
        this.#open--;
        ledger.right(sent, wrongIn(result, ask, sent));
        onEnd(true);
      },
      (error: unknown) => {
        this.#open--;
        ledger.refused(sent, error);
        onEnd(false);
      },
    );
    if (ask.cancelAfterUs) clock.callAt(clock.nowUs() + ask.cancelAfterUs, () => ledger.cancel(sent));
  }

  #answer(request: InferenceRequest, sent: Sent, ask: Ask): Promise<InferenceResult> {
    if (this.#current) return this.#infer(this.#current, request, sent, ask);
    this.#waiting.set(request, { sent, ask });
    return this.#world.memory.coldStarts.wait(
      {
        name: this.name,
        maxWaiting: this.#settings.maxQueueSize,
        infer: (waited) => this.#inferWaited(waited),
        coldStarted: () => this.done.coldStarts++,
        requestFailed: ({ code }) => this.#stats.recordFailure(code),
      },
      request,
    );
  }

  #inferWaited(request: InferenceRequest): Promise<InferenceResult> {
    const served = this.#current;
    const waited = this.#waiting.get(request);
    if (!served || !waited) return Promise.reject(new Error(`${this.name} was not loaded for its requests`));
    return this.#infer(served, request, waited.sent, waited.ask);
  }

  #infer(served: ServedModel, request: InferenceRequest, sent: Sent, ask: Ask): Promise<InferenceResult> {
    const isTooLarge = this.kind.stacks && sent.rows > largestBatch(served.settings);
    Object.assign(sent, {
      isTooLarge,
      mayStarve: served.settings.deviceClass === 'background',
      version: served.version,
      expiresUs: this.#world.clock.nowUs() + timeoutUsOf(this.kind, ask),
      mayEndWith: [...refusalsOf(served, isTooLarge), ...(ask.mayEndWith ?? [])],
    });
    return served.infer(request);
  }

  /** Every request is inside one version, or has ended; nobody is counted twice or forgotten. */
  check(): void {
    let inside = this.#world.memory.coldStarts.waitingFor(this.name);
    for (const { queueLength, inFlight } of this.#all) inside += queueLength + inFlight;
    const held = this.#asked - this.#stats.ended - inside;
    const { name, sequence, scheduling } = this.kind;
    // Of sequences an answer that waits for its turn is counted when it goes out, of other requests before.
    const orders = sequence?.strategy.kind === 'oldest' && sequence.strategy.preserveOrdering;
    if (held < 0 || (held > 0 && !orders))
      this.#world.ledger.fault(
        `${name}: ${this.#asked} requests were sent, ${this.#stats.ended} are counted as ended and ${inside} are inside`,
      );
    const waiting = this.#open - inside - held;
    if (waiting < 0 || (waiting > 0 && !orders && !scheduling.preserveOrdering))
      this.#world.ledger.fault(
        `${name}: ${this.#open} clients wait for an answer, ${inside} requests are inside, ${held} are held`,
      );
  }

  /** Loads a new version with the settings of now, and lets the one before go once it serves. */
  replace(drainLimitUs: number): Promise<void> {
    const { residency } = this.#world.memory;
    return this.#change('replaced', () =>
      residency.turn(() => this.#turns.take(() => this.#serve(drainLimitUs))),
    );
  }

  unload(drainLimitUs: number): Promise<void> {
    return this.#change(`unloaded within ${drainLimitUs / 1000} ms`, () =>
      this.#turns.take(() => {
        this.isOnCall = false;
        return this.#letGo(drainLimitUs);
      }),
    );
  }

  /** Loads it for the requests that wait; whoever calls has the memory's turn. */
  wake(): Promise<void> {
    return this.#turns.take(async () => {
      if (this.isOnCall && this.#current === null) await this.#serve(0);
    });
  }

  evict(reason: string): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#current === null) return;
      this.#world.ledger.note(`${this.name} is ${reason}`);
      this.isOnCall = true;
      this.evictions++;
      await this.#letGo(LONGEST_DRAIN_US);
    });
  }

  apply(settings: ModelSettings): Promise<void> {
    const { residency } = this.#world.memory;
    return this.#change(`set to ${JSON.stringify(settings)}`, () =>
      residency.turn(() => this.#turns.take(() => this.#apply(settings))),
    );
  }

  async #apply(settings: ModelSettings): Promise<void> {
    const { residency } = this.#world.memory;
    const served = this.#current;
    if (served) {
      const before = residency.heldBy(this.name);
      const estimate = estimateOf(settings);
      if (estimate.totalBytes > (before?.bytes ?? 0)) await residency.admit(this.name, DEVICE, estimate);
      this.#batch.liftLimit(served.version);
      if (settings.deviceClass === 'background') this.#world.ledger.mayStarve(this.name);
      try {
        await served.apply(settings);
        await residency.settle(this.name, DEVICE, estimate.totalBytes);
      } catch (error) {
        residency.restore(this.name, before);
        throw error;
      } finally {
        this.#leaveMemory();
      }
    }
    this.#settings = settings;
    this.done.applied++;
  }

  async #serve(drainLimitUs: number): Promise<void> {
    const { residency } = this.#world.memory;
    const before = residency.heldBy(this.name);
    const { memory } = this;
    await residency.admit(this.name, DEVICE, memory);
    const served = this.#create();
    this.#all.add(served);
    try {
      await served.start();
    } catch (error) {
      await served.retire(0);
      this.#all.delete(served);
      residency.restore(this.name, before);
      this.isOnCall = false;
      throw error;
    } finally {
      this.#leaveMemory();
    }
    this.done.opened++;
    this.isOnCall = false;
    const old = this.#current;
    this.#current = served;
    if (old) await this.#leave(old, drainLimitUs);
    await residency.settle(this.name, DEVICE, memory.totalBytes);
    this.#leaveMemory();
  }

  async #letGo(drainLimitUs: number): Promise<void> {
    const old = this.#current;
    this.#current = null;
    if (old) await this.#leave(old, drainLimitUs);
    this.#leaveMemory();
  }

  /** Its last instance may have been lost while it was changed. */
  #leaveMemory(): void {
    if (this.#current === null) this.#world.memory.residency.release(this.name);
  }

  /** Instances of all its versions. */
  get instances() {
    return [...this.#all].flatMap((served) => served.instances);
  }

  /** Compares what the engine counted over the model's whole life with what its clients know. */
  checkCounters(): void {
    const { requestsOk, requestsFailed } = this.#stats.snapshot({
      queueLength: 0,
      inFlight: 0,
      instances: 0,
    });
    const counted = requestsOk + Object.values(requestsFailed).reduce((sum, count) => sum + count, 0);
    if (counted !== this.#asked || this.#open !== 0)
      this.#world.ledger.fault(
        `${this.kind.name}: ${this.#asked} requests were sent, ${counted} counted, ${this.#open} are open`,
      );
  }

  async #change(what: string, work: () => Promise<void>): Promise<void> {
    const { ledger } = this.#world;
    const { gaveUp } = this.done;
    this.#changing = true;
    ledger.note(`${this.kind.name} is to be ${what}`);
    try {
      await work();
    } catch (error) {
      const { message, code } = toEngineError(error);
      if (message.includes(PLANNED) || code === 'MEMORY_EXCEEDED' || this.done.gaveUp > gaveUp)
        ledger.note(`${this.kind.name} is not ${what}: ${message}`);
      else ledger.fault(`${this.kind.name} could not be ${what}: ${message}`);
    } finally {
      this.#changing = false;
    }
  }

  #create(): ServedModel {
    const { kind } = this;
    const { clock, ledger, device, deviceBusy, arbiters, memory, nextBatchId } = this.#world;
    const ignore = () => undefined;
    const served: ServedModel = new ServedModel(
      { ...specOf(kind, String(++this.#lastVersion), this.#settings), onGaveUp: () => this.#lost(served) },
      this.#stats,
      {
        clock,
        logger: silentLogger,
        deviceBusy,
        metrics: null,
        deviceOf: () => 'cpu',
        nextBatchId,
        onInstanceLost: (_, message) => ledger.note(message),
        onInstancesChanged: ignore,
        onScaled: (model, text) => {
          ledger.note(`${model} scales: ${text}`);
          if (this.#current === served) memory.scaled(model, served.readyInstances, served.settings);
        },
        obstacleToInstances: () => memory.obstacle,
        arbiters,
        createInstance: (name) => new VirtualInstance(name, this.#virtual, device),
      },
    );
    return served;
  }

  #lost(served: ServedModel): void {
    this.done.gaveUp++;
    this.#world.ledger.note(`${this.kind.name}/${served.version} has given up`);
    if (this.#current !== served || served.readyInstances > 0) return;
    this.#current = null;
    this.#leaveMemory();
    void this.#leave(served, 0);
  }

  async #leave(served: ServedModel, limitUs: number): Promise<void> {
    const { ledger, clock } = this.#world;
    const label = `${this.kind.name}/${served.version}`;
    ledger.leaving.add(label);
    await served.retire(limitUs);
    if (served.queueLength + served.inFlight > 0) ledger.fault(`${label} is gone, but has requests`);
    this.#all.delete(served);
    this.done.closed++;
    // Its last answers are on their way.
    clock.callAt(clock.nowUs() + 1, () => ledger.leaving.delete(label));
  }

  #onBatch(instance: string, inputs: readonly NamedTensor[]): void {
    this.done.batches++;
    const version = versionOf(instance);
    const served = [...this.#all].find((one) => one.version === version);
    if (!served) this.#world.ledger.fault(`${instance} runs a batch, but is of no version`);
    else {
      this.#world.watch.entered(instance, served.settings);
      this.done.rows += this.#batch.check(instance, inputs, served.settings);
    }
  }
}
