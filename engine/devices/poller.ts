import type { Clock, Timer } from '../base';

/** How long `stop` waits for a poll under way: a read from a hung driver must not hold up the engine's end. */
const STOP_LIMIT_US = 2_000_000;

/**
 * Calls `poll` at a fixed rate, never twice at a time. A poll that takes longer than a period delays the next one.
 * `poll` is expected to turn its failures into readings; what it throws goes to `onError`.
 */
export class Poller {
  #timer: Timer | null = null;
  #underWay: Promise<void> | null = null;
  #stopped = false;
  #lastDoneUs: number | null = null;

  constructor(
    private readonly clock: Clock,
    readonly periodMs: number,
    private readonly poll: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** When the last successful poll ended, on the clock's scale; null before the first. */
  get lastDoneUs(): number | null {
    return this.#lastDoneUs;
  }

  /** Polls once, then at the rate. Resolves after the first poll. Does nothing once it was stopped. */
  start(): Promise<void> {
    return this.#stopped ? Promise.resolve() : this.#once();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    if (!this.#underWay) return;
    let giveUp: Timer | undefined;
    const limit = new Promise<void>((resolve) => {
      giveUp = this.clock.callAt(this.clock.nowUs() + STOP_LIMIT_US, resolve);
    });
    await Promise.race([this.#underWay, limit]);
    giveUp?.cancel();
  }

  async #once(): Promise<void> {
    const beganUs = this.clock.nowUs();
    this.#underWay = this.poll().then(() => {
      this.#lastDoneUs = this.clock.nowUs();
    }, this.onError);
    await this.#underWay;
    this.#underWay = null;
    if (this.#stopped) return;
    const nextUs = Math.max(beganUs + this.periodMs * 1000, this.clock.nowUs());
    this.#timer = this.clock.callAt(nextUs, () => void this.#once());
  }
}
