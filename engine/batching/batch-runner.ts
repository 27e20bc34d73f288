import type { EngineError } from '../base';
import type { NamedTensor } from '../tensor';
import type { BatchOutput } from './batch';
import type { Capacity } from './plan-batch';

/** Called after `run` has returned: `returned`, then exactly one of the others, each once. */
export interface BatchOutcome {
  /**
   * Before its instance counts as free: whoever accounts for device time must know before the next batch is planned. The next batch
   * is then on its way while this one is shared out.
   *
   * @param output null when it failed
   */
  returned(output: BatchOutput | null): void;
  done(output: BatchOutput): void;
  failed(error: EngineError): void;
}

/** Where batches run. An instance pool is one; tests and the simulator bring their own. */
export interface BatchRunner {
  readonly capacity: Capacity;
  /**
   * Runs on an idle instance, else behind the batch that one still runs; called only while there is capacity. Callbacks and not
   * a promise, so that the same scheduler runs step by step in virtual time.
   *
   * @returns the name of the instance
   */
  run(inputs: readonly NamedTensor[], outputNames: readonly string[] | null, outcome: BatchOutcome): string;
}
