import { EngineError } from '../base';
import type { BatchOutcome, BatchRunner } from '../batching';
import type { ErrorCode } from '../contract';
import type { NamedTensor } from '../tensor';

/** Stands for a pool of instances: batches stay until the test finishes them. Answers each with its own inputs renamed to outputs. */
export class FakeRunner implements BatchRunner {
  idleCount: number;

  get capacity() {
    return { idle: this.idleCount, ahead: 0 };
  }

  readonly batches: {
    readonly inputs: readonly NamedTensor[];
    readonly outputNames: readonly string[] | null;
    finish(outputs?: readonly NamedTensor[]): void;
    fail(message: string, code?: ErrorCode): void;
  }[] = [];
  onIdle: () => void = () => undefined;

  constructor(instances = 1) {
    this.idleCount = instances;
  }

  run(inputs: readonly NamedTensor[], outputNames: readonly string[] | null, outcome: BatchOutcome): string {
    this.idleCount--;
    const back = () => {
      this.idleCount++;
      this.onIdle();
    };
    this.batches.push({
      inputs,
      outputNames,
      finish: (outputs = inputs) => {
        const output = { outputs, computeInputUs: 1, computeInferUs: 2, computeOutputUs: 3 };
        outcome.returned(output);
        back();
        outcome.done(output);
      },
      fail: (message, code = 'INSTANCE_LOST') => {
        outcome.returned(null);
        outcome.failed(new EngineError(code, message));
        back();
      },
    });
    return 'fake#0';
  }
}
