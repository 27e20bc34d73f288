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
  /** More than one while a measurement whose sessions serve no more has not noticed it yet. */
  readonly #waiting: WaitingRun[] = [];
  #isRunning = false;
  #isStopped = false;

  constructor(pool: Pick<InstancePool, 'capacity' | 'run'>) {
    this.#pool = pool;
  }

  /** In the order of asking. Rejects as an instance does, or with CANCELLED when stopped before it began. */
  run(inputs: readonly NamedTensor[]): Promise<RunOutput> {
    return new Promise((resolve, reject) => {
      if (this.#isStopped) return reject(stopped());
      this.#waiting.push({ inputs, resolve, reject });
      this.capacityChanged();
    });
  }

  /** To be called before the scheduler is told, which would take every place while requests wait. */
  capacityChanged(): void {
    const { idle, ahead } = this.#pool.capacity;
    if (this.#isRunning || idle + ahead === 0) return;
    const next = this.#waiting.shift();
    if (!next) return;
    this.#isRunning = true;
    const ended = () => {
      this.#isRunning = false;
      this.capacityChanged();
    };
    this.#pool.run(next.inputs, null, {
      returned: () => undefined,
      done: (output) => {
        next.resolve(output);
        ended();
      },
      failed: (error) => {
        next.reject(error);
        ended();
      },
    });
  }

  /** What runs still ends. */
  stop(): void {
    this.#isStopped = true;
    for (const { reject } of this.#waiting.splice(0)) reject(stopped());
  }
}

function stopped(): EngineError {
  return new EngineError('CANCELLED', 'the model is being unloaded');
}
