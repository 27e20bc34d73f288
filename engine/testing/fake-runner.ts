import { EngineError } from '../base';
import type { BatchOutput, BatchRunner } from '../batching';
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
    finish(): void;
    fail(message: string): void;
  }[] = [];
  onIdle: () => void = () => undefined;

  constructor(instances = 1) {
    this.idleCount = instances;
  }

  run(inputs: readonly NamedTensor[], outputNames: readonly string[] | null) {
    this.idleCount--;
    const output = new Promise<BatchOutput>((resolve, reject) => {
      const back = () => {
        this.idleCount++;
        this.onIdle();
      };
      this.batches.push({
        inputs,
        outputNames,
        finish: () => {
          resolve({ outputs: inputs, computeInputUs: 1, computeInferUs: 2, computeOutputUs: 3 });
          back();
        },
        fail: (message) => {
          reject(new EngineError('INSTANCE_LOST', message));
          back();
        },
      });
    });
    return { instance: 'fake#0', output };
  }
}
