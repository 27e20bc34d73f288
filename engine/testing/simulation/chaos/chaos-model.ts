import { silentLogger, toEngineError } from '../../../base';
import { largestBatch } from '../../../batching';
import type { ErrorCode, ModelSettings } from '../../../contract';
import type { InferenceResult, ParameterValue } from '../../../inference';
import { type DeviceBusy, ModelStats, type VersionStats } from '../../../metrics';
import { ServedModel } from '../../../models';
import type { NamedTensor } from '../../../tensor';
import { buildRequest } from '../../build-request';
import type { VirtualClock } from '../virtual-clock';
import { ChaosBatch } from './chaos-batch';
import { type Ledger, PLANNED, type Sent } from './ledger';
import type { ModelKind } from './model-kinds';
import { type VirtualDevice, VirtualInstance, type VirtualModel } from './virtual-instance';

/** What the models of one run share. */
export interface ChaosWorld {
  readonly clock: VirtualClock;
  readonly ledger: Ledger;
  readonly device: VirtualDevice;
  readonly deviceBusy: DeviceBusy;
  readonly nextBatchId: () => number;
  /** Spoils what instances answer: to see that it is noticed. */
  readonly tamper?: (outputs: readonly NamedTensor[]) => readonly NamedTensor[];
}

/** One request. Row r of it is `[id, seconds[r], 0, …]`. */
export interface Ask {
  readonly width: number;
  readonly seconds: readonly number[];
  /** What has to come back in their place, asked when it does; without a sequence, the second with the version's salt added. */
  readonly expected?: () => readonly number[];
  readonly parameters: ReadonlyMap<string, ParameterValue>;
  /** The client leaves this long after it has sent it; 0: before it arrives. Null: never. */
  readonly cancelAfterUs: number | null;
  /** Further errors that it may end with. */
  readonly mayEndWith?: readonly ErrorCode[];
}

/** Longest that a version that leaves waits for its requests. */
export const DRAIN_LIMITS_US = [0, 30_000, 30e6];

/**
 * A model of a run, as the registry has one: a version that serves, versions on their way out, and every request counted. Changes
 * are made one at a time; `busy` while one is under way.
 */
export class ChaosModel {
  readonly done = { applied: 0, opened: 0, closed: 0, gaveUp: 0, batches: 0, rows: 0 };
  readonly #world: ChaosWorld;
  readonly #stats: EndCounter;
  readonly #virtual: VirtualModel;
  /** Versions that may still have requests. */
  readonly #all = new Set<ServedModel>();
  readonly #batch: ChaosBatch;
  #current: ServedModel | null = null;
  #settings: ModelSettings;
  #lastVersion = 0;
  #asked = 0;
  /** Without an answer, as their clients see it. */
  #open = 0;
  busy = false;

  constructor(
    readonly kind: ModelKind,
    world: ChaosWorld,
  ) {
    this.#world = world;
    this.#settings = kind.settings;
    this.#stats = new EndCounter(kind.name, null);
    this.#batch = new ChaosBatch(kind, world.ledger);
    this.#virtual = {
      meanUs: (rows) => 60_000 + 9_000 * rows,
      onBatch: (instance, inputs) => this.#onBatch(instance, inputs),
      compute: (instance, inputs) => {
        const outputs = this.#batch.compute(inputs, saltOf(versionOf(instance)));
        return world.tamper?.(outputs) ?? outputs;
      },
    };
  }

  get current(): ServedModel | null {
    return this.#current;
  }

  /** Asks the version that serves; nothing when there is none. `onEnd` is told whether it was answered. */
  ask(ask: Ask, onEnd: (right: boolean) => void): void {
    const served = this.#current;
    const { ledger, clock } = this.#world;
    if (!served) {
      clock.callAt(clock.nowUs() + 100_000, () => onEnd(false));
      return;
    }
    const rows = ask.seconds.length;
    const { name, stacks } = this.kind;
    const tooLarge = stacks && rows > largestBatch(served.settings);
    const sent = ledger.begin({
      model: name,
      version: served.version,
      rows,
      expiresUs: clock.nowUs() + this.#timeoutUs(ask.parameters),
      mayEndWith: [...refusalsOf(served, tooLarge), ...(ask.mayEndWith ?? [])],
    });
    const shape = stacks ? [rows, ask.width] : [ask.width];
    const input: NamedTensor = { name: 'x', datatype: 'INT32', shape, data: bytesOf(rowsOf(ask, sent.id)) };
    if (ask.cancelAfterUs === 0) sent.signal.cancelled = sent.gone = true;
    this.#asked++;
    this.#open++;
    const { parameters } = ask;
    served.infer(buildRequest([input], { model: name, parameters, signal: sent.signal })).then(
      (result) => {
        this.#open--;
        ledger.right(sent, tooLarge ? 'it has more rows than the model takes' : wrongIn(result, ask, sent));
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

  /** Every request is inside one version, or has ended; nobody is counted twice or forgotten. */
  check(): void {
    let inside = 0;
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
    return this.#change('replaced', async () => {
      const served = this.#create();
      this.#all.add(served);
      try {
        await served.start();
      } catch (error) {
        await served.retire(0);
        this.#all.delete(served);
        throw error;
      }
      this.done.opened++;
      const old = this.#current;
      this.#current = served;
      if (old) await this.#leave(old, drainLimitUs);
    });
  }

  unload(drainLimitUs: number): Promise<void> {
    return this.#change(`unloaded within ${drainLimitUs / 1000} ms`, async () => {
      const old = this.#current;
      this.#current = null;
      if (old) await this.#leave(old, drainLimitUs);
    });
  }

  apply(settings: ModelSettings): Promise<void> {
    return this.#change(`set to ${JSON.stringify(settings)}`, async () => {
      await this.#current?.apply(settings);
      this.#settings = settings;
      this.done.applied++;
    });
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
    this.busy = true;
    ledger.note(`${this.kind.name} is to be ${what}`);
    try {
      await work();
    } catch (error) {
      const { message } = toEngineError(error);
      if (message.includes(PLANNED)) ledger.note(`${this.kind.name} is not ${what}: ${message}`);
      else ledger.fault(`${this.kind.name} could not be ${what}: ${message}`);
    } finally {
      this.busy = false;
    }
  }

  #create(): ServedModel {
    const { kind } = this;
    const { clock, ledger, device, deviceBusy, nextBatchId } = this.#world;
    const ignore = () => undefined;
    const served: ServedModel = new ServedModel(
      {
        name: kind.name,
        version: String(++this.#lastVersion),
        tensors: {
          inputs: kind.inputs,
          outputs: kind.outputs,
          inputReshapes: new Map(),
          outputReshapes: new Map(),
        },
        stacks: kind.stacks,
        scheduling: kind.scheduling,
        settings: this.#settings,
        autoWarmup: kind.sequence === null,
        cpuBudget: 4,
        fileSizeBytes: 0,
        sequence: kind.sequence,
        instanceSpecOf: ({ intraOpThreads, executionProviders }) => ({
          backend: 'onnxruntime',
          modelPath: kind.name,
          executionProviders,
          intraOpThreads,
        }),
        onGaveUp: () => this.#lost(served),
      },
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
        onScaled: (model, text) => ledger.note(`${model} scales: ${text}`),
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
    else this.done.rows += this.#batch.check(instance, inputs, served.settings);
  }

  /** Triton's rule: the level's policy, and the client's own timeout where that is allowed and shorter. */
  #timeoutUs(parameters: ReadonlyMap<string, ParameterValue>): number {
    const { scheduling, sequence } = this.kind;
    if (sequence) return Number.POSITIVE_INFINITY;
    const { priorityLevels, defaultPriorityLevel, queuePolicyOf } = scheduling;
    const asked = Number(parameters.get('priority') ?? 0);
    const level = asked >= 1 && asked <= priorityLevels ? asked : defaultPriorityLevel;
    const { timeoutAction, defaultTimeoutUs, allowTimeoutOverride } = queuePolicyOf(level);
    if (timeoutAction === 'DELAY' || defaultTimeoutUs === 0) return Number.POSITIVE_INFINITY;
    const own = Number(parameters.get('timeout') ?? 0);
    return allowTimeoutOverride && own > 0 ? Math.min(own, defaultTimeoutUs) : defaultTimeoutUs;
  }
}

/** Counts ends where the scheduler tells them, before a promise could hide that there were two. */
class EndCounter extends ModelStats {
  ended = 0;

  override beginVersion(version: string): VersionStats {
    const stats = super.beginVersion(version);
    const { recordRequest, recordFailure } = stats;
    stats.recordRequest = (spans) => {
      this.ended++;
      recordRequest.call(stats, spans);
    };
    stats.recordFailure = (code, waitedUs) => {
      this.ended++;
      recordFailure.call(stats, code, waitedUs);
    };
    return stats;
  }
}

function refusalsOf({ settings: { batching, sloMs } }: ServedModel, tooLarge: boolean): readonly ErrorCode[] {
  if (tooLarge) return ['INVALID_ARGUMENT'];
  return batching === 'auto' && sloMs !== null ? ['QUEUE_FULL', 'OVERLOADED'] : ['QUEUE_FULL'];
}

/** "plain/7#3" -> "7" */
function versionOf(instance: string): string {
  return instance.slice(instance.indexOf('/') + 1, instance.indexOf('#'));
}

/** What a version adds to its answers, so that one of another version is seen. */
function saltOf(version: string): number {
  return (Number(version) * 7_919) % 1_000_003;
}

function rowsOf({ width, seconds }: Ask, id: number): Int32Array {
  const rows = new Int32Array(seconds.length * width);
  seconds.forEach((second, row) => {
    rows[row * width] = id;
    rows[row * width + 1] = second;
  });
  return rows;
}

/** What is not right in an answer; null when all is. */
function wrongIn(
  { outputs, version }: InferenceResult,
  ask: Ask,
  { id, version: asked }: Sent,
): string | null {
  const salt = saltOf(asked);
  const { expected = () => ask.seconds.map((second) => second + salt) } = ask;
  const [y, ...others] = outputs;
  if (version !== asked) return `it is version ${version}'s`;
  if (y?.name !== 'y' || others.length > 0)
    return `its outputs are ${outputs.map(({ name }) => name).join()}`;
  const values = new Int32Array(new Uint8Array(y.data).buffer);
  const right = rowsOf({ ...ask, seconds: expected() }, id ^ salt);
  const isRight = values.length === right.length && values.every((value, i) => value === right[i]);
  return isRight ? null : `[${values.join()}] instead of [${right.join()}]`;
}

function bytesOf(values: Int32Array): Uint8Array {
  return new Uint8Array(values.buffer);
}
