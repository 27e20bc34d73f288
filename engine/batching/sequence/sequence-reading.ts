import type { TensorSpec } from '../../contract';

/** The model's own tensors, as the graph has them. */
export interface ModelTensors {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** What is checked against: the model's tensors, and how the faults are gathered. */
export interface SequenceReading extends ModelTensors {
  /** Dimension 0 of every tensor is the batch. */
  readonly stacks: boolean;
  /** Outputs that `output` lists. */
  readonly listedOutputs: ReadonlySet<string>;
  readonly fault: (message: string) => void;
}
