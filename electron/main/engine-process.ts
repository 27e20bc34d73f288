import { isDeepStrictEqual } from 'node:util';
import type { DesktopEngine } from '../bridge';
import type { EngineReport, StartOrder } from '../utility/engine-messages';
import { readEngineReport } from '../utility/engine-messages';
import type { ShellClock } from './clock';
import { describeEnd, describeEngine } from './describe-engine';
import {
  type EngineEffect,
  type EngineEvent,
  type EngineState,
  nextEngineState,
  wakeAtMs,
} from './engine-lifecycle';
import { LastLines } from './last-lines';

/** The part of Electron's UtilityProcess that is used; a test brings its own. */
export interface EngineChild {
  readonly pid: number | undefined;
  postMessage(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onOutput(listener: (text: string) => void): void;
  /** Once, whatever the reason. */
  onExit(listener: (code: number) => void): void;
  /** At once and without its consent: a blocked event loop does not hear a polite signal. */
  kill(): void;
}

export interface EngineProcessOptions {
  readonly clock: ShellClock;
  readonly fork: () => EngineChild;
  readonly startOrder: StartOrder;
  readonly log: { readonly path: string; append(text: string): void };
  /** Every state that the operator should see. */
  readonly announce: (engine: DesktopEngine) => void;
}

/** Runs the lifecycle on a real process: feeds it events, does what it says, keeps its one timer. */
export class EngineProcess {
  readonly #options: EngineProcessOptions;
  #state: EngineState = { name: 'idle' };
  #announced: DesktopEngine | null = null;
  #child: EngineChild | null = null;
  #cancelWake: () => void = () => undefined;
  #onEnded: (() => void)[] = [];

  constructor(options: EngineProcessOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#state.name === 'idle') this.#take({ kind: 'restart' });
  }

  /** Drains and starts again, forgetting earlier failures. */
  restart(): void {
    this.#take({ kind: 'restart' });
  }

  /** Drains; resolves when the process is gone. */
  stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#onEnded.push(resolve));
    this.#take({ kind: 'stop' });
    return ended;
  }

  /** The machine slept: silence meanwhile says nothing. */
  forgiveSilence(): void {
    this.#take({ kind: 'beat' });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get engine(): DesktopEngine {
    return describeEngine(this.#state, this.#options.clock.nowMs());
  }

  #take(event: EngineEvent): void {
    const before = this.#state;
    const { state, effects } = nextEngineState(before, event, this.#options.clock.nowMs());
    this.#state = state;
    this.#armWake();
    for (const effect of effects) this.#do(effect);
    if (state.name !== before.name) this.#announce();
    if (state.name === 'ended') for (const resolve of this.#onEnded.splice(0)) resolve();
  }

  /** Two states may look alike from outside: stopping for a restart, and starting. */
  #announce(): void {
    const { engine } = this;
    if (isDeepStrictEqual(engine, this.#announced)) return;
    this.#announced = engine;
    this.#options.announce(engine);
  }

  #armWake(): void {
    this.#cancelWake();
    const at = wakeAtMs(this.#state);
    if (at === null) return;
    const delayMs = Math.max(0, at - this.#options.clock.nowMs());
    this.#cancelWake = this.#options.clock.after(delayMs, () => this.#take({ kind: 'wake' }));
  }

  #do(effect: EngineEffect): void {
    if (effect === 'fork') this.#fork();
    else if (effect === 'kill') this.#child?.kill();
    else this.#child?.postMessage({ kind: 'stop', reason: 'the desktop app asked for it' });
  }

  #fork(): void {
    const child = this.#options.fork();
    const lastLines = new LastLines(8);
    this.#child = child;
    child.onOutput((text) => {
      lastLines.push(text);
      this.#options.log.append(text);
    });
    child.onMessage((message) => {
      if (this.#child === child) this.#hear(readEngineReport(message));
    });
    child.onExit((code) => {
      if (this.#child !== child) return;
      this.#child = null;
      const { path } = this.#options.log;
      this.#take({ kind: 'exit', end: describeEnd({ code, lastLines: lastLines.lines, logPath: path }) });
    });
    child.postMessage(this.#options.startOrder);
  }

  #hear(report: EngineReport | null): void {
    if (report === null) {
      this.#options.log.append('The engine sent a message that this shell does not know; it was ignored.\n');
    } else if (report.kind === 'ready') {
      this.#take(report);
    } else if (report.kind === 'failed-to-start') {
      this.#take({ kind: 'failed', refusal: { code: report.code, message: report.message } });
    } else if (report.kind === 'heartbeat') {
      this.#take({ kind: 'beat' });
    }
    // After `drained` comes the exit, and that is what counts.
  }
}
