import type { NamedTensor } from '../../tensor';
import type { BatchOutput } from '../batch';
import { type BatchForm, wantedOutputs } from '../batch-form';
import { splitOutputs } from '../split-outputs';
import { rowOf } from './batch-rows';
import type { Bench, Sequence, SequenceRequest } from './sequence';
import type { SequenceSetup } from './sequence-config';
import {
  outputNamesWith,
  type SequenceRow,
  sequenceInputs,
  statesOf,
  visibleOutputs,
} from './sequence-tensors';

/** What one batch of sequences carries: a row for each of them or, with slots, for each slot up to the last that has a request. */
export class SequenceLoad implements BatchForm {
  readonly paddedRows = 0;
  readonly outputNames: readonly string[] | null;
  /** What the model keeps for each row now; empty until the batch came back well. */
  states: readonly (readonly NamedTensor[])[] = [];
  readonly #parts: readonly (SequenceRow | null)[];
  readonly #setup: SequenceSetup;

  /** @param rows the sequence of each; null: a slot without a request. Their next requests still wait. */
  constructor(
    readonly bench: Bench,
    readonly rows: readonly (Sequence | null)[],
    setup: SequenceSetup,
  ) {
    this.#setup = setup;
    this.#parts = rows.map((sequence) => sequence && rowOf(sequence));
    const next = this.sequences.flatMap(({ waiting }): SequenceRequest[] => waiting.slice(0, 1));
    this.outputNames = outputNamesWith(wantedOutputs(next), setup);
  }

  /** Those of the rows, in their order. */
  get sequences(): readonly Sequence[] {
    return this.rows.filter((sequence) => sequence !== null);
  }

  inputs(): readonly NamedTensor[] {
    return sequenceInputs(this.#parts, this.#setup);
  }

  share({ outputs }: BatchOutput): readonly (readonly NamedTensor[])[] {
    const ones = this.rows.map(() => 1);
    const perRow = this.#setup.stacks ? splitOutputs(outputs, ones) : [outputs];
    const ofRow = (i: number): readonly NamedTensor[] => perRow[i] ?? [];
    this.states = this.rows.map((sequence, i) => (sequence ? statesOf(ofRow(i), this.#setup) : []));
    return this.rows.flatMap((sequence, i) => (sequence ? [visibleOutputs(ofRow(i), this.#setup)] : []));
  }
}
