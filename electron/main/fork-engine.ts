import { utilityProcess } from 'electron';
import type { EngineChild } from './engine-process';

/** Starts the engine's file in a process of its own. Its output is piped, since a packaged app has no terminal. */
export function forkEngine(file: string): EngineChild {
  const child = utilityProcess.fork(file, [], { serviceName: 'Ferry engine', stdio: 'pipe' });
  return {
    get pid() {
      return child.pid;
    },
    postMessage: (message) => child.postMessage(message),
    onMessage: (listener) => child.on('message', listener),
    onOutput: (listener) => {
      child.stdout?.setEncoding('utf8').on('data', listener);
      child.stderr?.setEncoding('utf8').on('data', listener);
    },
    onExit: (listener) => child.once('exit', listener),
    kill: () => {
      try {
        // `child.kill()` is a SIGTERM, which waits for the event loop.
        if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    },
  };
}
