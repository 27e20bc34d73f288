import type { EngineError } from '../../base';
import type { InferenceRequest, InferenceResult } from '../../inference';
import type { NamedTensor } from '../../tensor';
import type { ReadySequence } from './plan-sequences';
import type { Ticket } from './release-order';
import type { SequenceFlags, SequenceId } from './sequence-id';

/** One request of a sequence, waiting or running. */
export interface SequenceRequest {
  readonly request: InferenceRequest;
  readonly rows: 1;
  readonly flags: SequenceFlags;
  readonly laneKey: string;
  readonly enqueuedUs: number;
  readonly resolve: (result: InferenceResult) => void;
  readonly reject: (error: EngineError) => void;
  readonly withdraw: (error: EngineError) => void;
  /** Its place among the answers, where their order is kept. */
  ticket: Ticket | null;
}

/** A set of slots: what one batch of the direct strategy is made of. The oldest strategy has one, without an order in it. */
export interface Bench {
  readonly slots: (Sequence | null)[];
  running: boolean;
}

export interface Seat {
  readonly bench: Bench;
  readonly slot: number;
}

/** A sequence that is known: its requests in order, and what the model keeps for it. */
export class Sequence implements ReadySequence {
  readonly waiting: SequenceRequest[] = [];
  running: SequenceRequest | null = null;
  seat: Seat | null = null;
  /** More requests may come without a start: the last one that was taken did not end it. */
  isOpen = true;
  idleSinceUs = 0;
  /** Written only when a batch came back well, so it is always that of the last good request. */
  states: readonly NamedTensor[];

  constructor(
    readonly id: SequenceId,
    readonly initialStates: readonly NamedTensor[],
  ) {
    this.states = initialStates;
  }

  /** Its next request could run now. */
  get isReady(): boolean {
    return this.seat !== null && this.running === null && this.waiting.length > 0;
  }

  /** What its next request finds: a start begins anew. */
  get nextStates(): readonly NamedTensor[] {
    return this.waiting[0]?.flags.start ? this.initialStates : this.states;
  }

  /** Of its next request, and of the states that go with it: tensors of one batch have the same sizes. */
  get laneKey(): string {
    const own = this.waiting[0]?.laneKey ?? '';
    const { nextStates } = this;
    return nextStates.length === 0 ? own : own + nextStates.map(({ shape }) => shape.join()).join(';');
  }

  get enqueuedUs(): number {
    return this.waiting[0]?.enqueuedUs ?? Number.POSITIVE_INFINITY;
  }
}
