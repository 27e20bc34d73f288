import { type Clock, type Timer, toEngineError } from '../../base';
import type { ModelSettings } from '../../contract';
import { LoadMeter, type MeteredBatch } from './load-meter';
import { initialScale, nextUp, type ScaleLimits, type ScaleState, scaleInstances } from './scale-instances';

/** A window is long enough for several runs. */
const LEAST_WINDOW_US = 1e6;
const LONGEST_WINDOW_US = 30e6;
const RUNS_PER_WINDOW = 4;

type ScaledSettings = Pick<ModelSettings, 'instanceCount' | 'maxInstanceCount' | 'intraOpThreads'>;

export interface InstanceScalerOptions {
  readonly clock: Clock;
  /** Cores of this engine. */
  readonly cpuBudget: number;
  /** The instances share the cores. */
  readonly isOnCpu: () => boolean;
  /** As they are now. */
  readonly load: () => { readonly instances: number; readonly running: number; readonly waiting: number };
  /** Why there is no room for so many further ones; null when there is. */
  readonly obstacle: (further: number) => string | null;
  /** Makes it so many instances with so many threads each; rejects with why it cannot. */
  readonly want: (count: number, intraOpThreads: number) => Promise<void>;
  /** Called with each decision, once it is carried out. */
  readonly onDecision: (text: string) => void;
}

/** Carries out `scaleInstances` for one model version: looks once a window, and acts. Without room between min and max it does nothing. */
export class InstanceScaler {
  readonly #options: InstanceScalerOptions;
  #settings: ScaledSettings | null = null;
  #state: ScaleState = initialScale(1);
  #meter = new LoadMeter(0);
  #timer: Timer | null = null;
  /** A decision that comes back after the settings changed is one about another model. */
  #round = 0;

  constructor(options: InstanceScalerOptions) {
    this.#options = options;
  }

  /** Counts for the next decision. */
  batchEnded(batch: MeteredBatch): void {
    if (this.#timer) this.#meter.add(batch);
  }

  /** Begins, at the least number, by other settings. The instances are as those say. */
  begin(settings: ScaledSettings): void {
    this.stop();
    this.#settings = settings;
    this.#state = initialScale(settings.instanceCount);
    if (settings.maxInstanceCount > settings.instanceCount) this.#lookAfter(LEAST_WINDOW_US);
  }

  stop(): void {
    this.#round++;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /**
   * Threads of each of `count` instances. On a CPU the model keeps the threads that it has at the least number of instances, split
   * anew, each instance with one at least.
   */
  #threads(count: number, { instanceCount, intraOpThreads }: ScaledSettings): number {
    if (!this.#options.isOnCpu()) return intraOpThreads;
    return Math.max(1, Math.floor((instanceCount * intraOpThreads) / count));
  }

  #lookAfter(windowUs: number): void {
    const { clock } = this.#options;
    const nowUs = clock.nowUs();
    this.#meter = new LoadMeter(nowUs);
    this.#timer = clock.callAt(nowUs + windowUs, () => void this.#look(this.#round));
  }

  async #look(round: number): Promise<void> {
    const settings = this.#settings;
    if (!settings) return;
    const { clock, load, isOnCpu, cpuBudget } = this.#options;
    const { instanceCount, intraOpThreads } = settings;
    const { instances, running, waiting } = load();
    const window = this.#meter.take(clock.nowUs(), instances, running, waiting);
    const limits: ScaleLimits = {
      min: instanceCount,
      max: settings.maxInstanceCount,
      ...(isOnCpu()
        ? { cores: Math.max(instanceCount, cpuBudget), threads: instanceCount * intraOpThreads }
        : { cores: Number.POSITIVE_INFINITY }),
    };
    const { count } = this.#state;
    const obstacle = this.#options.obstacle(nextUp(count, limits) - count);
    const { state, reason } = scaleInstances(this.#state, window, limits, obstacle);
    if (state.count !== count) await this.#carryOut(state, reason ?? '', settings, round);
    else {
      this.#state = state;
      if (reason) this.#options.onDecision(reason);
    }
    const windowUs = Math.min(LONGEST_WINDOW_US, Math.max(LEAST_WINDOW_US, RUNS_PER_WINDOW * window.runUs));
    if (round === this.#round) this.#lookAfter(windowUs);
  }

  async #carryOut(state: ScaleState, reason: string, settings: ScaledSettings, round: number): Promise<void> {
    const { count } = this.#state;
    const threads = this.#threads(state.count, settings);
    try {
      await this.#options.want(state.count, threads);
      if (round !== this.#round) return;
      this.#state = state;
      this.#options.onDecision(this.#options.isOnCpu() ? `${reason}; ${threads} threads each` : reason);
    } catch (error) {
      if (round !== this.#round) return;
      const refused = {
        count: state.count,
        rowsPerSecond: state.trial?.rowsPerSecondBefore ?? 0,
        windowsAgo: 0,
      };
      this.#state = { ...initialScale(count), refused };
      await this.#options.want(count, this.#threads(count, settings)).catch(() => undefined);
      this.#options.onDecision(
        `${count} instances stay: another could not start: ${toEngineError(error).message}`,
      );
    }
  }
}
