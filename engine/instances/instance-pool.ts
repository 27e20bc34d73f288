import { type Clock, EngineError, type Logger, toEngineError } from '../base';
import type { SessionSpec } from '../inference';
import type { NamedTensor } from '../tensor';
import type { Instance, InstanceLoss, RunOutput } from './instance';

/** Waits between attempts to replace a lost instance: doubled each time, back to the first after a minute without a loss. */
const FIRST_BACK_OFF_US = 100e3;
const LONGEST_BACK_OFF_US = 10e6;
const CALM_US = 60e6;

export interface InstancePoolOptions {
  /** "demo-mlp/1": instances are called "demo-mlp/1#0", "demo-mlp/1#1", … */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly createInstance: (name: string, spec: SessionSpec) => Instance;
  /** Run on every instance once its model is loaded, before it takes batches; when it rejects, the instance is let go. */
  readonly warmUp?: (instance: Instance, loadUs: number, spec: SessionSpec) => Promise<void>;
  /** Called when a batch could go somewhere: after every batch, and when an instance was added. */
  readonly onCapacity: () => void;
  /** Called when an instance was added, left, or was lost. Never per batch. */
  readonly onMembers: () => void;
  readonly onLost?: (message: string) => void;
  /** Called when a lost instance could not be replaced, or its replacement lost its device too, with why; it is not tried again by itself. */
  readonly onGaveUp?: (reason: string) => void;
}

/** As the batching folder's `BatchOutcome`: `returned`, then one of the others. */
export interface RunOutcome {
  returned(output: RunOutput | null): void;
  done(output: RunOutput): void;
  failed(error: EngineError): void;
}

interface Member {
  readonly instance: Instance;
  readonly spec: SessionSpec;
  readonly bornUs: number;
  /** It has been warmed up and takes batches. */
  serving: boolean;
  leaving: boolean;
}

/**
 * The instances of one model version. It is told what is wanted (a spec and a count) and works towards it: starts what is
 * missing, then retires what is too many or of an old spec, so that capacity never falls in between. A lost instance is
 * replaced with back-off; one that cannot even start, or whose device is lost again at once, is not tried again until something else
 * is wanted.
 */
export class InstancePool {
  readonly #options: InstancePoolOptions;
  readonly #members = new Set<Member>();
  /** Last in, first out: the instance that ran last has the warmest caches. */
  readonly #idle: Member[] = [];
  /** Instances that run exactly one batch. */
  readonly #ahead = new Set<Member>();
  #wanted: { spec: SessionSpec; count: number } | null = null;
  #isStopped = false;
  #reconciling: Promise<void> = Promise.resolve();
  #nextNumber = 0;
  #backOffUs = FIRST_BACK_OFF_US;
  #lastLossUs = Number.NEGATIVE_INFINITY;
  #deviceLostUs = Number.NEGATIVE_INFINITY;

  constructor(options: InstancePoolOptions) {
    this.#options = options;
  }

  /** Instances with nothing to do, and those that run one batch and could take a second one behind it. */
  get capacity(): { readonly idle: number; readonly ahead: number } {
    return { idle: this.#idle.length, ahead: this.#ahead.size };
  }

  /** Instances that serve (idle or busy), not those that start, warm up or leave. */
  get readyCount(): number {
    let count = 0;
    for (const { instance, serving, leaving } of this.#members)
      if (serving && !leaving && (instance.state === 'idle' || instance.state === 'busy')) count++;
    return count;
  }

  /** Instances that there are to be; 0 before the first wish and once it is stopped. */
  get wantedCount(): number {
    return this.#wanted?.count ?? 0;
  }

  get busyCount(): number {
    let count = 0;
    for (const { instance } of this.#members) if (instance.state === 'busy') count++;
    return count;
  }

  get instances(): readonly Instance[] {
    return [...this.#members].map((member) => member.instance);
  }

  /**
   * Resolves when `count` instances of `spec` serve and all others have left; rejects with why one could not start, and once the pool
   * is stopped with MODEL_NOT_READY: who still works on a change then must not bring it back.
   */
  want(spec: SessionSpec, count: number): Promise<void> {
    if (this.#isStopped)
      return Promise.reject(new EngineError('MODEL_NOT_READY', `${this.#options.name} is being unloaded`));
    this.#wanted = { spec, count };
    const done = this.#reconciling.then(() => this.#reconcile());
    this.#reconciling = done.catch(() => undefined);
    return done;
  }

  /**
   * Hands a batch to an idle instance, else behind a running one; throws INSTANCE_LOST when there is neither. What waits for a
   * free instance is told before the batch is answered, and after it has failed.
   *
   * @returns the instance's name
   */
  run(inputs: readonly NamedTensor[], outputNames: readonly string[] | null, outcome: RunOutcome): string {
    const idle = this.#idle.pop();
    const member = idle ?? this.#ahead.values().next().value;
    if (!member)
      throw new EngineError('INSTANCE_LOST', `no instance of ${this.#options.name} is free`, {
        retryAfterSeconds: 1,
      });
    if (idle) this.#ahead.add(idle);
    else this.#ahead.delete(member);
    member.instance.run(inputs, outputNames).then(
      (output) => {
        outcome.returned(output);
        this.#cameBack(member);
        outcome.done(output);
      },
      (error) => {
        outcome.returned(null);
        // Before the instance is free: what did not fit into memory goes on in halves, and those come before all that waits.
        outcome.failed(toEngineError(error));
        this.#cameBack(member);
      },
    );
    return member.instance.name;
  }

  /** Stops every instance after its running batch, for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wanted = null;
    await this.#reconciling;
    await Promise.all([...this.#members].map((member) => this.#retire(member)));
  }

  /** Gives up the instances that run something: their batches fail with INSTANCE_LOST, and nothing waits for them any more. */
  killBusy(why: string): void {
    for (const { instance } of this.#members) if (instance.state === 'busy') void instance.kill(why);
  }

  async #reconcile(): Promise<void> {
    const wanted = this.#wanted;
    if (!wanted) return;
    const fitting = () =>
      [...this.#members].filter((member) => !member.leaving && sameSpec(member.spec, wanted.spec));
    const missing = wanted.count - fitting().length;
    const started = await Promise.allSettled(
      Array.from({ length: Math.max(0, missing) }, () => this.#add(wanted.spec)),
    );
    const failure = started.find((result) => result.status === 'rejected');
    if (failure) throw failure.reason;
    const excess = fitting().slice(wanted.count);
    const outdated = [...this.#members].filter(
      (member) => !member.leaving && !sameSpec(member.spec, wanted.spec),
    );
    await Promise.all([...excess, ...outdated].map((member) => this.#retire(member)));
  }

  async #add(spec: SessionSpec): Promise<void> {
    const { createInstance, name, clock } = this.#options;
    const bornUs = clock.nowUs();
    const member: Member = {
      instance: createInstance(`${name}#${this.#nextNumber++}`, spec),
      spec,
      bornUs,
      serving: false,
      leaving: false,
    };
    this.#members.add(member);
    let lost: EngineError | null = null;
    member.instance.onLost = (message, code) => {
      lost = new EngineError(code, message, { retryAfterSeconds: 1 });
    };
    try {
      await member.instance.start();
      await this.#options.warmUp?.(member.instance, clock.nowUs() - bornUs, spec);
      // A warm-up may go on past a run that failed, but not with an instance that is gone.
      if (lost) throw lost;
    } catch (error) {
      this.#members.delete(member);
      await member.instance.stop();
      throw error;
    }
    member.instance.onLost = (message, code) => this.#lost(member, message, code);
    member.serving = true;
    this.#idle.push(member);
    this.#options.onMembers();
    this.#options.onCapacity();
  }

  async #retire(member: Member): Promise<void> {
    member.leaving = true;
    this.#forget(member);
    await member.instance.stop();
    this.#members.delete(member);
    this.#options.onMembers();
  }

  #cameBack(member: Member): void {
    this.#ahead.delete(member);
    if (!member.leaving) {
      if (member.instance.state === 'idle') this.#idle.push(member);
      else if (member.instance.state === 'busy') this.#ahead.add(member);
    }
    this.#options.onCapacity();
  }

  #lost(member: Member, message: string, code: InstanceLoss): void {
    const { clock, logger, onMembers, onLost } = this.#options;
    this.#members.delete(member);
    this.#forget(member);
    onLost?.(message);
    const nowUs = clock.nowUs();
    if (code === 'DEVICE_LOST' && this.#isLostForGood(member, nowUs)) {
      onMembers();
      this.#gaveUp(message);
      return;
    }
    this.#backOffUs =
      nowUs - this.#lastLossUs > CALM_US
        ? FIRST_BACK_OFF_US
        : Math.min(this.#backOffUs * 2, LONGEST_BACK_OFF_US);
    this.#lastLossUs = nowUs;
    logger.error(message, { replacedInMs: this.#backOffUs / 1000 });
    clock.callAt(nowUs + this.#backOffUs, () => {
      const wanted = this.#wanted;
      if (!wanted) return;
      this.want(wanted.spec, wanted.count).catch((error: unknown) => {
        this.#gaveUp(error instanceof Error ? error.message : String(error));
      });
    });
    onMembers();
  }

  /** A session can often be made on a device that then fails every run. One new try, and no loop. */
  #isLostForGood(member: Member, nowUs: number): boolean {
    const again = member.bornUs > this.#deviceLostUs && nowUs - this.#deviceLostUs <= CALM_US;
    this.#deviceLostUs = nowUs;
    return again;
  }

  #gaveUp(reason: string): void {
    this.#options.logger.error(`a lost instance of ${this.#options.name} could not be replaced: ${reason}`);
    this.#options.onGaveUp?.(reason);
  }

  #forget(member: Member): void {
    this.#ahead.delete(member);
    const at = this.#idle.indexOf(member);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

function sameSpec(a: SessionSpec, b: SessionSpec): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
