import { EngineError } from '../../base';
import type { InstancePool, RunOutput } from '../../instances';
import type { NamedTensor } from '../../tensor';

interface WaitingRun {
  readonly inputs: readonly NamedTensor[];
  readonly resolve: (output: RunOutput) => void;
  readonly reject: (error: EngineError) => void;
}

/**
 * Batches of nobody's requests on instances that serve: each takes the next place that is free, behind a running batch where none
 * is idle. At most one is under way, so a request never waits for more than one of them.
 */
export class SpareRuns {
  readonly #pool: Pick<InstancePool, 'capacity' | 'run'>;
  #waiting: WaitingRun | null = null;

  constructor(pool: Pick<InstancePool, 'capacity' | 'run'>) {
    this.#pool = pool;
  }

  /** One after the other. Rejects as an instance does, or with CANCELLED when stopped before it began. */
  run(inputs: readonly NamedTensor[]): Promise<RunOutput> {
    return new Promise((resolve, reject) => {
      this.#waiting = { inputs, resolve, reject };
      this.capacityChanged();
    });
  }

  /** To be called before the scheduler is told, which would take every place while requests wait. */
  capacityChanged(): void {
    const waiting = this.#waiting;
    const { idle, ahead } = this.#pool.capacity;
    if (!waiting || idle + ahead === 0) return;
    this.#waiting = null;
    this.#pool.run(waiting.inputs, null, {
      returned: () => undefined,
      done: waiting.resolve,
      failed: waiting.reject,
    });
  }

  /** What runs still ends. */
  stop(): void {
    this.#waiting?.reject(new EngineError('CANCELLED', 'the model is being unloaded'));
    this.#waiting = null;
  }
}
