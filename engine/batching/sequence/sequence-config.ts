import type { Datatype } from '../../contract';
import type { NamedTensor } from '../../tensor';

/** A fixed slot in a batch for each sequence; a batch may leave before its delay is up once enough slots have a request. */
export interface DirectStrategy {
  readonly kind: 'direct';
  readonly maxQueueDelayUs: number;
  /** Share of slots, 0 to 1. 0: never wait. */
  readonly minimumSlotUtilization: number;
}

/** Dynamic batches over the oldest requests of a bounded set of sequences. */
export interface OldestStrategy {
  readonly kind: 'oldest';
  readonly maxQueueDelayUs: number;
  /** Sequences that take part at the same time, per instance. */
  readonly maxCandidateSequences: number;
  /** Ascending; empty: the largest size only. */
  readonly preferredBatchSizes: readonly number[];
  readonly preserveOrdering: boolean;
}

export type ControlKind = 'START' | 'READY' | 'END' | 'CORRID';

/** An input of the model that tells it about the sequence of each row; clients do not send it. */
export interface SequenceControl {
  readonly kind: ControlKind;
  readonly name: string;
  readonly datatype: Datatype;
  /** Bytes of one element for false and true; empty for CORRID. */
  readonly falseTrue: readonly [Uint8Array, Uint8Array];
  /** Dimensions after the batch's: all 1. */
  readonly inner: readonly number[];
}

/** A tensor that the model hands on from one request of a sequence to the next. */
export interface SequenceState {
  readonly inputName: string;
  readonly outputName: string;
  readonly datatype: Datatype;
  /** Without the batch dimension; -1 is open. */
  readonly dims: readonly number[];
  /** What a sequence begins with: where from, and its dims, none of them open. */
  readonly initial: { readonly dims: readonly number[]; readonly file: string | null };
  /** The client gets the output too, because the configuration lists it. */
  readonly isVisible: boolean;
}

/** `sequence_batching` of a model, checked against its tensors. */
export interface SequenceConfig {
  readonly strategy: DirectStrategy | OldestStrategy;
  /** A sequence without a request for longer than this is forgotten. */
  readonly maxIdleUs: number;
  readonly controls: readonly SequenceControl[];
  readonly states: readonly SequenceState[];
}

/** A sequence configuration with what its sequences begin with, one row per state, in the order of `states`. */
export interface SequenceSetup extends SequenceConfig {
  /** Dimension 0 of every tensor is the batch. False: requests run alone. */
  readonly stacks: boolean;
  readonly initialStates: readonly NamedTensor[];
}
