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
  | { readonly state: 'missing' }
  | { readonly state: 'waiting'; readonly retryMs: number };

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
  #failure: string | null = null;
  #firstLineUs: number | null = null;
  #commandIndex = 0;
  #lastHeardUs = 0;
  /** Children told to go that are not gone yet. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(private readonly options: StreamingToolOptions) {}

  get status(): ToolStatus {
    return this.#status;
  }

  /** Why there is no data; null while data comes. Stays through a restart until the first line of data. */
  get failure(): string | null {
    return this.#failure;
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
    if (child) this.#dismiss(child);
    await Promise.all(this.#leaving);
  }

  get #command(): string {
    return this.options.commands[this.#commandIndex] ?? '';
  }

  #launch(): void {
    this.#firstLineUs = null;
    let child: ChildProcess;
    try {
      child = this.options.spawn(this.#command, this.options.args());
    } catch (error) {
      // Node throws for the rarer causes (no memory, bad working directory) and emits the frequent ones.
      this.#ended(`${this.#command} could not be started: ${String(error)}`);
      return;
    }
    this.#child = child;
    this.#setStatus({ state: 'running' });
    this.#watchSilence();
    this.#listen(child);
  }

  #listen(child: ChildProcess): void {
    const messages: string[] = [];
    const keep = (line: string) => {
      if (line.trim() !== '') messages.push(line.trim());
      if (messages.length > KEPT_MESSAGES) messages.shift();
    };
    const take = (line: string) => {
      if (this.#child !== child) return;
      this.#lastHeardUs = this.options.clock.nowUs();
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
      this.#ended(
        `${this.#command} ended with ${ending}${messages.length > 0 ? `: ${messages.join(' ')}` : ''}`,
      );
    });
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
    this.#failure = `${this.options.commands[0]} is not installed or not in PATH`;
    this.#setStatus({ state: 'missing' });
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
    this.#failure = reason;
    if (this.#worksAgain()) this.#failures = 0;
    const retryMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures++;
    if (this.#told !== reason) {
      this.#told = reason;
      this.options.logger.warn(
        `${reason}. Its readings are not available; it is started again with back-off.`,
      );
    }
    const { clock } = this.options;
    this.#timer = clock.callAt(clock.nowUs() + retryMs * 1000, () => this.#launch());
    this.#setStatus({ state: 'waiting', retryMs });
  }

  #watchSilence(): void {
    this.#lastHeardUs = this.options.clock.nowUs();
    this.#awaitSilence();
  }

  /** One timer however many lines come: when it fires, it is set anew for what is left since the newest line. */
  #awaitSilence(): void {
    const { clock, silenceMs } = this.options;
    this.#silence?.cancel();
    this.#silence = clock.callAt(this.#lastHeardUs + silenceMs * 1000, () => {
      if (clock.nowUs() - this.#lastHeardUs >= silenceMs * 1000) this.#hangs();
      else this.#awaitSilence();
    });
  }

  #hangs(): void {
    const child = this.#child;
    if (!child) return;
    this.#dismiss(child);
    this.#ended(`${this.#command} said nothing for ${this.options.silenceMs / 1000} s`);
  }

  #dismiss(child: ChildProcess): void {
    child.stdout?.destroy();
    child.stderr?.destroy();
    const leaving = endProcess(child, this.options.clock).then(() => {
      this.#leaving.delete(leaving);
    });
    this.#leaving.add(leaving);
  }

  #gotData(): void {
    this.#firstLineUs ??= this.options.clock.nowUs();
    this.#failure = null;
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
