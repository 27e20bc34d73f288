import { byteText, type Clock, EngineError, type Logger } from '../../base';
import type { DeviceMemory, MemoryEstimate } from '../../contract';
import { Turns } from '../turns';
import { type Holding, type MemoryBudget, MemoryLedger } from './memory-ledger';
import { planEviction, type Resident } from './plan-eviction';

/** A model as residency sees it. */
export interface Tenant {
  readonly name: string;
  readonly isPinned: boolean;
  /** Sequences whose state would be lost with it. */
  readonly sequences: number;
  /** Has requests that wait or run. */
  readonly isBusy: boolean;
  /** On the clock's scale; `-Infinity` when never. */
  readonly lastUseUs: number;
  /** What it takes, or would take. */
  readonly memory: MemoryEstimate | null;
  /** Wanted, not in memory, loaded when a request comes. */
  readonly isOnCall: boolean;
  readonly deviceId: string;
  readonly evictions: number;
  /** Answers what it has, then lets its sessions go. It stays wanted. */
  evict(reason: string): Promise<void>;
}

export interface ResidencyOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly budgetOf: (deviceId: string) => MemoryBudget;
  readonly tenant: (name: string) => Tenant | undefined;
  readonly tenants: () => Iterable<Tenant>;
  readonly onEviction: (model: string, text: string) => void;
}

/**
 * Who is in memory. Loads are admitted against the device's budget one at a time (`turn`), so no two can count on the same room or
 * evict each other while they load, and what the process grows by belongs to one of them. Whoever holds the turn may wait for a
 * model's own turn, never the other way round: that order is why nothing waits in a circle.
 */
export class Residency {
  readonly #options: ResidencyOptions;
  readonly #ledger: MemoryLedger;
  readonly #turns = new Turns();
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(options: ResidencyOptions) {
    this.#options = options;
    this.#ledger = new MemoryLedger(options.budgetOf);
  }

  /** Everything that may take memory goes through here, before any model's own turn is taken. */
  turn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(work);
  }

  /** It would be admitted without anybody leaving. */
  hasRoomFor(deviceId: string, bytes: number): boolean {
    const { bytes: budget } = this.#ledger.budget(deviceId);
    return budget === null || this.#ledger.reservedOn(deviceId) + bytes <= budget;
  }

  /** It fits once all that may leave has left. */
  couldHold(model: string, deviceId: string, bytes: number): boolean {
    return this.#plan(model, deviceId, bytes).kind === 'fits';
  }

  /**
   * Reserves memory for a model that is about to be loaded, evicting others as far as needed. What the same model holds already
   * (a reload, more instances) stays reserved beside it until `settle`, and is left out of account when both do not fit.
   *
   * Errors: MEMORY_EXCEEDED with the arithmetic.
   */
  async admit(model: string, deviceId: string, estimate: MemoryEstimate): Promise<void> {
    // One that went by this name before is another model.
    await this.#leaving.get(model);
    const held = this.#ledger.of(model);
    const own = held?.deviceId === deviceId ? held.bytes : 0;
    const need = estimate.totalBytes;
    if (this.#plan(model, deviceId, need).kind === 'refused') await this.#departures(deviceId);
    const both = this.#plan(model, deviceId, need + own);
    const plan = both.kind === 'fits' || own === 0 ? both : this.#plan(model, deviceId, need);
    if (plan.kind === 'refused') throw this.#refusal(model, deviceId, estimate, plan.freeableBytes);
    if (both.kind === 'refused')
      this.#options.logger.warn(
        `model "${model}" is loaded beside itself, which takes ${byteText(need + own)} of ${deviceId} for a while: more than its budget`,
      );
    await this.#evict(plan.evict, deviceId, `to make room for "${model}", which needs ${byteText(need)}`);
    this.#ledger.set(model, deviceId, need + own);
  }

  /** What a loaded model really takes. When that is more than the budget has, others leave. */
  async settle(model: string, deviceId: string, bytes: number): Promise<void> {
    this.#ledger.set(model, deviceId, bytes);
    const plan = this.#plan(model, deviceId, bytes);
    if (plan.kind === 'refused') {
      const { bytes: budget } = this.#ledger.budget(deviceId);
      this.#options.logger.warn(
        `model "${model}" takes ${byteText(bytes)} of ${deviceId}, more than was estimated: the budget of ${byteText(budget ?? 0)} is exceeded by ${byteText(bytes - plan.freeableBytes)}`,
      );
    } else await this.#evict(plan.evict, deviceId, `since "${model}" takes ${byteText(bytes)}`);
  }

  /** Evicts what is beyond the budgets; what may not leave now stays, and is said. */
  async fit(): Promise<void> {
    for (const deviceId of this.#ledger.devices()) {
      const plan = this.#plan(null, deviceId, 0);
      if (plan.kind === 'fits') await this.#evict(plan.evict, deviceId, 'since the budget is smaller now');
      else
        this.#options.logger.warn(
          `the memory budget of ${deviceId} is exceeded until models that may not leave now are gone`,
        );
    }
  }

  /** A model that is no tenant any more holds its memory until `gone`. Whoever finds no room waits for that. */
  leaving(model: string, gone: Promise<unknown>): void {
    const ended = gone.then(
      () => undefined,
      () => undefined,
    );
    this.#leaving.set(model, ended);
    void ended.then(() => {
      if (this.#leaving.get(model) === ended) this.#leaving.delete(model);
    });
  }

  /** Goes back to what it held before `admit`, or to nothing. */
  restore(model: string, held: Holding | null): void {
    if (held) this.#ledger.set(model, held.deviceId, held.bytes);
    else this.#ledger.release(model);
  }

  release(model: string): void {
    this.#ledger.release(model);
  }

  heldBy(model: string): Holding | null {
    return this.#ledger.of(model);
  }

  /** Each device that holds a model or is asked for. */
  devices(ids: readonly string[]): readonly DeviceMemory[] {
    const tenants = [...this.#options.tenants()];
    const all = new Set([...ids, ...this.#ledger.devices()]);
    return [...all].map((deviceId) => {
      const budget = this.#ledger.budget(deviceId);
      const ours = tenants.filter((tenant) => tenant.deviceId === deviceId);
      return {
        deviceId,
        budgetBytes: budget.bytes,
        budgetNote: budget.note,
        reservedBytes: this.#ledger.reservedOn(deviceId),
        models: ours.flatMap((tenant) => this.#describe(tenant) ?? []),
        evictions: ours.reduce((sum, { evictions }) => sum + evictions, 0),
      };
    });
  }

  async #departures(deviceId: string): Promise<void> {
    await Promise.all(this.#ledger.on(deviceId).map(({ model }) => this.#leaving.get(model)));
  }

  #describe(tenant: Tenant): DeviceMemory['models'][number] | null {
    const { name, isPinned, isOnCall, memory, lastUseUs } = tenant;
    const held = this.#ledger.of(name);
    if (!held && !isOnCall) return null;
    const { clock } = this.#options;
    const agoMs = (clock.nowUs() - lastUseUs) / 1000;
    return {
      model: name,
      bytes: held?.bytes ?? memory?.totalBytes ?? 0,
      pinned: isPinned,
      // Whole seconds: consoles are told when it changes.
      lastUsedAtMs: Number.isFinite(agoMs) ? Math.floor((clock.wallMs() - agoMs) / 1000) * 1000 : null,
      resident: held !== null,
    };
  }

  #plan(model: string | null, deviceId: string, needBytes: number) {
    const { bytes: budget } = this.#ledger.budget(deviceId);
    if (budget === null) return { kind: 'fits', evict: [] } as const;
    return planEviction(needBytes, budget, this.#residents(model, deviceId));
  }

  /** All on the device but the model itself. What is no tenant any more is on its way out: it can be waited for, not hurried. */
  #residents(except: string | null, deviceId: string): readonly Resident[] {
    return this.#ledger
      .on(deviceId)
      .filter(({ model }) => model !== except)
      .map(({ model, bytes }) => {
        const tenant = this.#options.tenant(model);
        return {
          name: model,
          bytes,
          isPinned: !tenant || whyItStays(tenant) !== null,
          isBusy: tenant?.isBusy ?? true,
          lastUseUs: tenant?.lastUseUs ?? Number.POSITIVE_INFINITY,
        };
      });
  }

  async #evict(names: readonly string[], deviceId: string, why: string): Promise<void> {
    const { clock, logger, tenant, onEviction } = this.#options;
    for (const name of names) {
      const leaving = tenant(name);
      if (!leaving) continue;
      const { bytes = 0 } = this.#ledger.of(name) ?? {};
      const budget = this.#ledger.budget(deviceId).bytes ?? 0;
      const free = Math.max(0, budget - this.#ledger.reservedOn(deviceId));
      const lastUse = Number.isFinite(leaving.lastUseUs)
        ? `last used ${((clock.nowUs() - leaving.lastUseUs) / 1e6).toFixed(1)} s ago`
        : 'never used';
      const text = `evicted ${why}: ${byteText(free)} of ${byteText(budget)} on ${deviceId} were free; it held ${byteText(bytes)} and was ${lastUse}`;
      logger.info(`model "${name}" is ${text}`);
      onEviction(name, `${name} ${text}`);
      await leaving.evict(text);
    }
  }

  #whyItStays(model: string): string {
    const tenant = this.#options.tenant(model);
    return (tenant && whyItStays(tenant)) ?? 'it is going';
  }

  #refusal(model: string, deviceId: string, estimate: MemoryEstimate, freeableBytes: number): EngineError {
    const { bytes: budget, note } = this.#ledger.budget(deviceId);
    const { weightsBytes, activationBytes, arenaBytes, instances, totalBytes } = estimate;
    const [rows, activations] = activationBytes.at(-1) ?? [1, 0];
    const fixed = this.#residents(model, deviceId).filter(({ isPinned }) => isPinned);
    const staying = fixed
      .slice(0, 5)
      .map(({ name, bytes }) => `"${name}" ${byteText(bytes)} (${this.#whyItStays(name)})`)
      .join(', ');
    const parts =
      estimate.source === 'measured'
        ? 'measured at its last load'
        : `${instances} x (weights ${byteText(weightsBytes)} + activations ${byteText(activations)} at ${rows} rows + allocator and thread ${byteText(arenaBytes)})`;
    return new EngineError(
      'MEMORY_EXCEEDED',
      `model "${model}" needs ${byteText(totalBytes)} of ${deviceId} (${parts}), but of its budget of ${byteText(budget ?? 0)} (${note}) it could have ${byteText(freeableBytes)} at most` +
        `${staying ? `, since the rest is held by models that stay: ${staying}` : ''}. Lower its max batch size or instance count, ${staying ? 'unpin a model, ' : ''}or raise --memory-budget`,
      { retryAfterSeconds: 30 },
    );
  }
}

/** Why a model may not be evicted; null when it may. */
function whyItStays({ isPinned, sequences }: Tenant): string | null {
  if (isPinned) return 'pinned';
  return sequences > 0 ? `${sequences} open sequences` : null;
}
