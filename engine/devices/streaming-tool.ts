import type { ChildProcess } from 'node:child_process';
import type { Clock, Logger, Timer } from '../base';
import { LineSplitter } from './line-splitter';
import { endProcess, type SpawnTool } from './tool-process';

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** Data for this long means that it works again: the next failure is news, and is retried soon. */
const HEALTHY_AFTER_US = 30_000_000;
/** Lines of a dying tool that are kept as its explanation. */
const KEPT_MESSAGES = 3;

export interface StreamingToolOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly spawn: SpawnTool;
  /** Programs to try in turn; the first that exists is used. */
  readonly commands: readonly string[];
  /** Asked before every start. */
  readonly args: () => readonly string[];
  /** One line of standard output. False: it is no data but a message, kept to explain the end. */
  readonly onLine: (line: string) => boolean;
  /** Something other than a line happened: the status is another. */
  readonly onStatus?: () => void;
  /** A tool that says nothing for this long hangs: it is ended and started anew. */
  readonly silenceMs: number;
}

export type ToolStatus =
  | { readonly state: 'idle' }
  | { readonly state: 'running' }
  | { readonly state: 'missing'; readonly reason: string }
  | { readonly state: 'waiting'; readonly reason: string; readonly retryMs: number };

/**
 * A program that is meant to print for ever, kept running.
 *
 *   idle --start--> running --ends, hangs--> waiting --back-off over--> running
 *                   running --no such program--> missing (for good: tools do not appear while the engine runs)
 *   any --stop--> idle
 *
 * A failure is told once in the log, until it has worked again for half a minute or fails in another way.
 */
export class StreamingTool {
  #status: ToolStatus = { state: 'idle' };
  #child: ChildProcess | null = null;
  #timer: Timer | null = null;
  #silence: Timer | null = null;
  #stopped = true;
  #restartAtOnce = false;
  #failures = 0;
  #told: string | null = null;
  #firstLineUs: number | null = null;
  #commandIndex = 0;

  constructor(private readonly options: StreamingToolOptions) {}

  get status(): ToolStatus {
    return this.#status;
  }

  start(): void {
    this.#stopped = false;
    this.#launch();
  }

  /** Ends the program and starts it again without back-off: its arguments have changed. */
  restart(): void {
    this.#restartAtOnce = true;
    this.#child?.kill('SIGTERM');
  }

  /** Resolves when no child is left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#silence?.cancel();
    this.#status = { state: 'idle' };
    const child = this.#child;
    this.#child = null;
    if (!child) return;
    child.stdout?.destroy();
    child.stderr?.destroy();
    await endProcess(child, this.options.clock);
  }

  get #command(): string {
    return this.options.commands[this.#commandIndex] ?? '';
  }

  #launch(): void {
    const child = this.options.spawn(this.#command, this.options.args());
    this.#child = child;
    this.#firstLineUs = null;
    this.#setStatus({ state: 'running' });
    const messages: string[] = [];
    const keep = (line: string) => {
      if (line.trim() !== '') messages.push(line.trim());
      if (messages.length > KEPT_MESSAGES) messages.shift();
    };
    const take = (line: string) => {
      this.#heard();
      if (this.options.onLine(line)) this.#gotData();
      else keep(line);
    };
    const out = new LineSplitter();
    const err = new LineSplitter();
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => out.push(chunk).forEach(take));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => err.push(chunk).forEach(keep));
    child.once('error', (error: NodeJS.ErrnoException) => this.#couldNotStart(child, error));
    child.once('close', (code, signal) => {
      if (this.#child !== child) return;
      // A last line without its end is a cut one: its numbers may lack digits, so it is never data.
      keep(out.end());
      keep(err.end());
      const ending = signal === null ? `exit code ${code}` : `signal ${signal}`;
      this.#ended(`${this.#command} ended with ${ending}${messages.length > 0 ? `: ${messages.join(' ')}` : ''}`);
    });
    this.#heard();
  }

  #couldNotStart(child: ChildProcess, error: NodeJS.ErrnoException): void {
    if (this.#child !== child || child.pid !== undefined) return;
    this.#child = null;
    if (error.code !== 'ENOENT') {
      this.#ended(`${this.#command} could not be started: ${error.message}`);
      return;
    }
    if (this.#commandIndex + 1 < this.options.commands.length) {
      this.#commandIndex++;
      this.#launch();
      return;
    }
    this.#silence?.cancel();
    this.#setStatus({ state: 'missing', reason: `${this.options.commands[0]} is not installed or not in PATH` });
  }

  #ended(reason: string): void {
    this.#child = null;
    this.#silence?.cancel();
    if (this.#stopped) return;
    if (this.#restartAtOnce) {
      this.#restartAtOnce = false;
      this.#launch();
      return;
    }
    if (this.#worksAgain()) this.#failures = 0;
    const retryMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures++;
    if (this.#told !== reason) {
      this.#told = reason;
      this.options.logger.warn(`${reason}. Its readings are not available; it is started again with back-off.`);
    }
    const { clock } = this.options;
    this.#timer = clock.callAt(clock.nowUs() + retryMs * 1000, () => this.#launch());
    this.#setStatus({ state: 'waiting', reason, retryMs });
  }

  #heard(): void {
    const { clock, silenceMs } = this.options;
    this.#silence?.cancel();
    this.#silence = clock.callAt(clock.nowUs() + silenceMs * 1000, () => this.#hangs());
  }

  #hangs(): void {
    const child = this.#child;
    if (!child) return;
    this.#ended(`${this.#command} said nothing for ${this.options.silenceMs / 1000} s`);
    void endProcess(child, this.options.clock);
  }

  #gotData(): void {
    this.#firstLineUs ??= this.options.clock.nowUs();
    if (this.#told !== null && this.#worksAgain()) {
      this.options.logger.info(`${this.#command} works again.`);
      this.#told = null;
      this.#failures = 0;
    }
  }

  #worksAgain(): boolean {
    return this.#firstLineUs !== null && this.options.clock.nowUs() - this.#firstLineUs >= HEALTHY_AFTER_US;
  }

  #setStatus(status: ToolStatus): void {
    this.#status = status;
    this.options.onStatus?.();
  }
}
