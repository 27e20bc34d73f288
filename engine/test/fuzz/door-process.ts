import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a door holds, all that nobody needs let go before. */
export interface DoorMemory {
  /** Of the whole process, MiB. */
  readonly residentMiB: number;
  /** Objects and buffers that are in use, MiB. */
  readonly usedMiB: number;
  /** Calls that are under way. */
  readonly inFlight: number;
}

export type DoorMessage = { readonly port: number } | { readonly memory: DoorMemory };

export interface DoorProcess {
  readonly port: number;
  /** Rejects when the process has ended. */
  memory(): Promise<DoorMemory>;
  stop(): Promise<void>;
}

/** A gRPC door before the identity model in a process of its own, so that what it keeps is told from what its clients keep. */
export async function startDoorProcess(): Promise<DoorProcess> {
  const entry = fileURLToPath(new URL('./door-process-main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', entry], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const killChild = (): void => void child.kill('SIGKILL');
  process.once('exit', killChild);
  const { port } = (await nextMessage(child)) as Extract<DoorMessage, { port: number }>;
  return {
    port,
    memory: async () => {
      const answer = nextMessage(child);
      child.send('memory');
      return ((await answer) as Extract<DoorMessage, { memory: DoorMemory }>).memory;
    },
    stop: async () => {
      process.off('exit', killChild);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: string | null): void =>
      reject(new Error(`the door's process ended with ${code ?? signal}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
    if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode, child.signalCode);
  });
}
