import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../base';

/** Starts a program with no input and both outputs piped. Like Node's `spawn`, a missing program is an `error` event. */
export type SpawnTool = (command: string, args: readonly string[]) => ChildProcess;

/** How long a program has to go by itself when asked, before it is killed. */
const GRACE_US = 1_000_000;

export const spawnTool: SpawnTool = (command, args) =>
  spawn(command, [...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    // Numbers with a point and messages in English, whatever the machine's language.
    env: { ...process.env, LC_ALL: 'C' },
  });

/** Ends a child: asks first, kills after a second. Resolves when it is gone. */
export function endProcess(child: ChildProcess, clock: Clock): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve();
  return new Promise((resolve) => {
    const killer = clock.callAt(clock.nowUs() + GRACE_US, () => child.kill('SIGKILL'));
    child.once('exit', () => {
      killer.cancel();
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** Runs short-lived programs, each within a time limit, and can end those under way. */
export class ToolRunner {
  readonly #running = new Set<ChildProcess>();

  constructor(
    private readonly spawnTool: SpawnTool,
    private readonly clock: Clock,
  ) {}

  /** The program's standard output. Rejects with a message for people when it is missing, fails or takes too long. */
  async run(command: string, args: readonly string[], limitMs: number): Promise<string> {
    const child = this.spawnTool(command, args);
    this.#running.add(child);
    return new Promise<string>((resolve, reject) => {
      let output = '';
      const limit = this.clock.callAt(this.clock.nowUs() + limitMs * 1000, () => {
        child.kill('SIGKILL');
        reject(new Error(`${command} gave no answer within ${limitMs} ms`));
      });
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
      child.stderr?.resume();
      child.on('error', (error) => {
        limit.cancel();
        this.#running.delete(child);
        reject(new Error(`${command} could not be started: ${error.message}`));
      });
      child.on('close', (code, signal) => {
        limit.cancel();
        this.#running.delete(child);
        if (code === 0) resolve(output);
        else reject(new Error(`${command} ended with ${signal ?? `exit code ${code}`}`));
      });
    });
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((child) => endProcess(child, this.clock)));
  }
}
