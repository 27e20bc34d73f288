import type { Sequence } from './sequence';
import type { SequenceRow } from './sequence-tensors';

/** A ready sequence's next request with what goes with it. */
export function rowOf(sequence: Sequence): SequenceRow {
  const [next] = sequence.waiting;
  if (!next) throw new RangeError('the sequence is not ready');
  return { inputs: next.request.inputs, flags: next.flags, states: sequence.nextStates };
}

/** Row i is slot i, up to the last slot that has a request. */
export function bySlot(chosen: readonly Sequence[]): (Sequence | null)[] {
  const last = chosen.reduce((most, { seat }) => Math.max(most, seat?.slot ?? 0), 0);
  const rows: (Sequence | null)[] = Array.from({ length: last + 1 }, () => null);
  for (const sequence of chosen) rows[sequence.seat?.slot ?? 0] = sequence;
  return rows;
}
