import { type Clock, EngineError } from '../base';
import type { RateLimiterConfig } from '../config';
import { chooseTurns, type WaitingTurn } from './choose-turns';
import type { ResourceLimits } from './resource-limits';
import { poolKey, ResourcePool } from './resource-pool';

/** What a model brings to the rate limiter. */
export interface LimitedClaim {
  readonly config: RateLimiterConfig;
  readonly deviceClass: WaitingTurn['deviceClass'];
  /** Each has turns of its own. */
  readonly instances: number;
}

/** A resource and how much of it is taken. */
export interface ResourceUse {
  readonly name: string;
  /** Null: one for all devices. */
  readonly deviceId: string | null;
  readonly limit: number;
  readonly used: number;
}

/**
 * Triton's rate limiter (`--rate-limit execution_count`): the resources of all devices, and whose turn it is to take of them. A batch
 * takes all its model asks for at once before it starts and gives it back when it has ended, so nobody holds one resource while it
 * waits for another. Models that ask for none have nothing to do with it.
 *
 * Turns: the one with the fewest executions times its priority goes first (`chooseTurns`). As Triton counts for each instance, a model's
 * executions count by the number of its instances. Triton counts from the load, so that a model which comes late, or was idle, has every
 * turn until it has caught up. Here who comes starts where the race is, and who is found too far ahead is taken back to one turn behind
 * whoever takes: a model that waits is passed by each rival a bounded number of times (`rate-limiter.test.ts`), also where models
 * share different resources and have had turns at very different speeds.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #limits: ResourceLimits;
  readonly #pools = new Map<string, ResourcePool>();
  /** In the order of asking. */
  readonly #waiting = new Set<LimitedModel>();
  #turnsAreDue = false;

  constructor(clock: Clock, limits: ResourceLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get resources(): readonly ResourceUse[] {
    return [...this.#pools.values()].map(({ name, deviceId, limit, used }) => ({
      name,
      deviceId,
      limit,
      used,
    }));
  }

  /** Throws MODEL_INVALID when a model asks for what is not there: it could never run. */
  check({ resources }: RateLimiterConfig, deviceId: string): void {
    const faults = resources.flatMap((resource) => {
      const { name, count, global } = resource;
      const limit = this.#limits.of(resource, deviceId);
      const torn = [...this.#pools.values()].some(
        (pool) => pool.name === name && (pool.deviceId === null) !== global,
      );
      const text = `instance_group.rate_limiter.resources "${name.slice(0, 60)}"`;
      return [
        ...(limit !== null && count > limit
          ? [
              `${text} has count ${count}; ${global ? 'there are' : `device "${deviceId}" has`} ${limit} (--rate-limit-resource)`,
            ]
          : []),
        ...(torn
          ? [`${text} is ${global ? 'global' : "a device's own"}; in other loaded models it is not`]
          : []),
      ];
    });
    if (faults.length > 0)
      throw new EngineError('MODEL_INVALID', `config.pbtxt: ${faults.slice(0, 10).join('; ')}`);
  }

  /** @param onTurn plans anew: leads to `take` or `withdraw` */
  join(claim: LimitedClaim, deviceId: string, onTurn: () => void): LimitedModel {
    const model = new LimitedModel(this, claim, onTurn);
    for (const resource of claim.config.resources) {
      if (resource.count === 0) continue;
      const key = poolKey(resource, deviceId);
      const pool =
        this.#pools.get(key) ?? new ResourcePool(resource, deviceId, this.#limits.of(resource, deviceId));
      this.#pools.set(key, pool);
      pool.demands.set(model, resource.count);
      model.pools.set(key, pool);
    }
    this.giveTurnsSoon();
    return model;
  }

  /** It is gone, and with it what it asked for. */
  leave(model: LimitedModel): void {
    this.#waiting.delete(model);
    for (const [key, pool] of model.pools) {
      pool.demands.delete(model);
      if (pool.demands.size === 0) this.#pools.delete(key);
    }
    this.giveTurnsSoon();
  }

  /** Waits for its turn, and takes what it wants when it has come. */
  take(model: LimitedModel): boolean {
    this.#waiting.add(model);
    if (!this.#turns().includes(model)) {
      this.giveTurnsSoon();
      return false;
    }
    this.#waiting.delete(model);
    for (const [key, count] of model.wants) this.#poolOf(model, key).used += count;
    return true;
  }

  /** @param amounts as they were taken: a limit may have changed since */
  giveBack(model: LimitedModel, amounts: ReadonlyMap<string, number>): void {
    for (const [key, count] of amounts) this.#poolOf(model, key).used -= count;
    this.giveTurnsSoon();
  }

  withdraw(model: LimitedModel): void {
    if (this.#waiting.delete(model)) this.giveTurnsSoon();
  }

  /** One that started with so many turns: its rivals, as far as they wait, have at most one turn more. */
  started({ pools, deviceClass, turns }: LimitedModel): void {
    for (const [key, pool] of pools) {
      pool.lastTurns[deviceClass] = turns;
      for (const one of this.#waiting)
        if (one.deviceClass === deviceClass && one.pools.has(key))
          one.turns = Math.min(one.turns, turns + one.turnCost);
    }
  }

  giveTurnsSoon(): void {
    if (this.#turnsAreDue) return;
    this.#turnsAreDue = true;
    this.#clock.callAt(this.#clock.nowUs(), () => {
      this.#turnsAreDue = false;
      for (const one of this.#turns()) one.onTurn();
    });
  }

  #turns(): readonly LimitedModel[] {
    const free = new Map([...this.#pools].map(([key, { limit, used }]) => [key, limit - used]));
    return chooseTurns([...this.#waiting], free);
  }

  #poolOf(model: LimitedModel, key: string): ResourcePool {
    return model.pools.get(key) as ResourcePool;
  }
}

/** One scheduler that takes resources. */
export class LimitedModel implements WaitingTurn {
  readonly #limiter: RateLimiter;
  readonly onTurn: () => void;
  readonly pools = new Map<string, ResourcePool>();
  turns = 0;
  #claim: LimitedClaim;
  /** What it has taken for a batch that has not started yet. */
  #held: ReadonlyMap<string, number> | null = null;
  readonly #running: ReadonlyMap<string, number>[] = [];
  #isActive = false;
  #isLeaving = false;

  constructor(limiter: RateLimiter, claim: LimitedClaim, onTurn: () => void) {
    this.#limiter = limiter;
    this.#claim = claim;
    this.onTurn = onTurn;
  }

  get deviceClass(): WaitingTurn['deviceClass'] {
    return this.#claim.deviceClass;
  }

  /** Never more than there is: a model whose device changed while it serves must not wait for ever. */
  get wants(): ReadonlyMap<string, number> {
    return new Map(
      [...this.pools].map(([key, pool]) => [key, Math.min(pool.demands.get(this) ?? 0, pool.limit)]),
    );
  }

  /** What one execution counts. */
  get turnCost(): number {
    return this.#claim.config.priority / Math.max(1, this.#claim.instances);
  }

  claim(change: Partial<LimitedClaim>): void {
    this.#claim = { ...this.#claim, ...change };
    this.#limiter.giveTurnsSoon();
  }

  /** True: what one batch takes is its own, until that batch has ended or it is given back. False: not now; `onTurn` follows. */
  take(): boolean {
    if (this.#held !== null) return true;
    if (!this.#isActive && this.#running.length === 0)
      for (const { lastTurns } of this.pools.values())
        this.turns = Math.max(this.turns, lastTurns[this.deviceClass]);
    this.#isActive = true;
    const { wants } = this;
    if (!this.#limiter.take(this)) return false;
    this.#held = wants;
    return true;
  }

  /** Its batch starts with what it holds. */
  start(): void {
    if (this.#held === null) return;
    this.#running.push(this.#held);
    this.#held = null;
    this.#isActive = false;
    this.#limiter.started(this);
    this.turns += this.turnCost;
  }

  /** One of its batches has ended, well or not. */
  ended(): void {
    const amounts = this.#running.shift();
    if (amounts) this.#limiter.giveBack(this, amounts);
    this.#leaveIfDone();
  }

  /** There is nothing to start any more, or it cannot start now: what it holds is there for others. */
  withdraw(): void {
    this.#isActive = false;
    this.#limiter.withdraw(this);
    if (this.#held === null) return;
    const held = this.#held;
    this.#held = null;
    this.#limiter.giveBack(this, held);
  }

  /** Starts no more, and is gone when its last batch has ended. */
  close(): void {
    this.#isLeaving = true;
    this.withdraw();
    this.#leaveIfDone();
  }

  #leaveIfDone(): void {
    if (this.#isLeaving && this.#running.length === 0) this.#limiter.leave(this);
  }
}
