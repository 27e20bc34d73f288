import type { Worker } from 'node:worker_threads';
import { EngineError, workerEntry } from '../base';
import { ERROR_CODES, type ErrorCode } from '../contract';
import type { LoadPlan, LoadSnapshot } from './load-plan';
import type { FromLoadWorker, ToLoadWorker } from './messages';

/** A load test that runs in a thread of its own. */
export interface LoadGenerator {
  /** Resolves with the thread's first word; rejects like `finished` when it has none to say. */
  readonly started: Promise<void>;
  /** Resolves with the result; rejects with an EngineError when the plan is wrong or the thread died. */
  readonly finished: Promise<LoadSnapshot>;
  /** Ends the run; `finished` then resolves within about a second, with what was measured. */
  stop(): void;
  /** Ends the thread at once; `finished` rejects unless the run was over. */
  kill(): Promise<void>;
}

/**
 * Starts a load test in its own thread: the way in for benchmarks, and what the runner is built on.
 *
 * @param onProgress called every `plan.beatMs` with everything measured so far
 */
export function startLoadGenerator(
  plan: LoadPlan,
  onProgress: (snapshot: LoadSnapshot) => void = () => undefined,
): LoadGenerator {
  const worker: Worker = workerEntry('load-worker', new URL('./worker/load-worker.ts', import.meta.url), {
    workerData: plan,
    name: 'ferry-load-test',
  });
  let hear: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const finished = new Promise<LoadSnapshot>((resolve, reject) => {
    worker.on('message', (message: FromLoadWorker) => {
      switch (message.type) {
        case 'progress':
          onProgress(message.snapshot);
          return hear();
        case 'finished':
          return resolve(message.result);
        case 'failed':
          return reject(new EngineError(asErrorCode(message.code), message.message));
        default:
          message satisfies never;
      }
    });
    worker.on('error', (error) =>
      reject(new EngineError('INTERNAL', `the load test thread failed: ${error.message}`, { cause: error })),
    );
    // Settled already in the good case: then this changes nothing.
    worker.on('exit', (code) =>
      reject(new EngineError('INTERNAL', `the load test thread ended early (exit code ${code})`)),
    );
  });
  // A caller that only stops or kills must not be met by an unhandled rejection.
  finished.catch(() => undefined);
  const started = Promise.race([heard, finished.then(() => undefined)]);
  started.catch(() => undefined);
  return {
    started,
    finished,
    stop: () => worker.postMessage({ type: 'stop' } satisfies ToLoadWorker),
    kill: async () => {
      await worker.terminate();
    },
  };
}

const asErrorCode = (code: string): ErrorCode => (code in ERROR_CODES ? (code as ErrorCode) : 'INTERNAL');
