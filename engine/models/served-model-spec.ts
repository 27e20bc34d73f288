import type { SequenceSetup } from '../batching';
import type { SchedulingConfig } from '../config';
import type { ModelSettings } from '../contract';
import type { SessionSpec } from '../inference';
import type { ServedTensors } from './config-tensors';
import type { WarmupSample } from './warmup';

/** One version of a model, as it is to be served. */
export interface ServedModelSpec {
  readonly name: string;
  readonly version: string;
  readonly tensors: ServedTensors;
  /** Requests are stacked along dimension 0. */
  readonly stacks: boolean;
  readonly scheduling: SchedulingConfig;
  readonly settings: ModelSettings;
  /** Run by every instance before it takes requests. */
  readonly warmup?: readonly WarmupSample[];
  /** Without samples every instance runs the batch sizes that will be used. */
  readonly autoWarmup?: boolean;
  readonly cpuBudget: number;
  /** Of the model's file with its external data. */
  readonly fileSizeBytes: number;
  /** How it keeps sequences; absent or null: its requests are independent of each other. */
  readonly sequence?: SequenceSetup | null;
  readonly instanceSpecOf: (settings: ModelSettings) => SessionSpec;
  /** Called when the last instance was lost and could not be replaced: this version then answers no more. */
  readonly onGaveUp?: (reason: string) => void;
}
