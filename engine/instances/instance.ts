import type { NamedTensor } from '../tensor';

/**
 * State table of an instance:
 *
 *   starting -> idle      the worker has loaded the model
 *   starting -> failed    it could not, or took longer than the limit, or died meanwhile
 *   idle     -> busy      a batch was handed over
 *   busy     -> busy      a second batch was put behind the first, or one of two came back
 *   busy     -> idle      the last one came back, well or failed
 *   idle|busy -> stopping stop() was called; a running batch still answers
 *   stopping -> stopped   the thread has ended
 *   idle|busy -> failed   the thread died, or its device is gone; its batches fail with INSTANCE_LOST or DEVICE_LOST
 *
 * `stopped` and `failed` are final.
 */
export type InstanceState = 'starting' | 'idle' | 'busy' | 'stopping' | 'stopped' | 'failed';

const MOVES: Readonly<Record<InstanceState, readonly InstanceState[]>> = {
  starting: ['idle', 'failed', 'stopping'],
  idle: ['busy', 'stopping', 'failed'],
  busy: ['busy', 'idle', 'stopping', 'failed'],
  stopping: ['stopped', 'failed'],
  stopped: [],
  failed: [],
};

/** The only place where an instance's state changes; an illegal move is a fault of ours and throws. */
export function moveInstance(from: InstanceState, to: InstanceState): InstanceState {
  if (!MOVES[from].includes(to)) throw new Error(`an instance cannot go from ${from} to ${to}`);
  return to;
}

export type InstanceLoss = 'INSTANCE_LOST' | 'DEVICE_LOST';

export interface RunOutput {
  readonly outputs: readonly NamedTensor[];
  readonly computeInputUs: number;
  readonly computeInferUs: number;
  readonly computeOutputUs: number;
}

/** An instance that is being warmed up: it takes no requests yet. */
export type WarmingInstance = Pick<Instance, 'name' | 'provider' | 'run'>;

/** One loaded session on its own thread. */
export interface Instance {
  readonly name: string;
  readonly state: InstanceState;
  readonly provider: string | null;
  readonly providerNotes: readonly string[];
  /** Resolves when the model is loaded; rejects with MODEL_INVALID or INSTANCE_LOST. */
  start(): Promise<void>;
  /** Runs one batch; when busy, behind the one that runs. The inputs' buffers are gone afterwards. Rejects with BACKEND_FAILED, INSTANCE_LOST or DEVICE_LOST. */
  run(inputs: readonly NamedTensor[], outputNames: readonly string[] | null): Promise<RunOutput>;
  /** Lets a running batch finish, then ends the thread. */
  stop(): Promise<void>;
  /** Gives it up at once: its batches fail with INSTANCE_LOST saying `why`. The thread ends when a native call in it lets it. */
  kill(why?: string): Promise<void>;
  /** Called once when it can run no more without having been asked to stop: its thread died, or (DEVICE_LOST) its device is gone. */
  onLost: ((message: string, code: InstanceLoss) => void) | null;
}
