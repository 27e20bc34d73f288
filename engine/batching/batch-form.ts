import type { NamedTensor } from '../tensor';
import type { BatchEntry, BatchOutput } from './batch';
import { splitOutputs } from './split-outputs';
import { copyInputs, stackInputs } from './stack-inputs';

/** How the tensors of one batch are made of its requests' and shared out to them. Whatever throws fails the batch. */
export interface BatchForm {
  /** Rows added up to an allowed size. */
  readonly paddedRows: number;
  /** Outputs to ask the model for; null: all. */
  readonly outputNames: readonly string[] | null;
  inputs(): readonly NamedTensor[];
  /** @returns the outputs of each request, in their order */
  share(output: BatchOutput): readonly (readonly NamedTensor[])[];
}

/**
 * Requests one behind the other along axis 0.
 *
 * @param stacks false: a single request whose tensors have no batch dimension to speak of
 * @param paddedRows 0 when it does not stack
 */
export function stackedForm(entries: readonly BatchEntry[], stacks: boolean, paddedRows: number): BatchForm {
  return {
    paddedRows,
    outputNames: wantedOutputs(entries),
    inputs: () => {
      const inputs = entries.map(({ request }) => request.inputs);
      return stacks ? stackInputs(inputs, paddedRows) : copyInputs(inputs[0] ?? []);
    },
    share: ({ outputs }) => {
      if (entries.length === 1 && paddedRows === 0) return [outputs];
      const rows = entries.map((entry) => entry.rows);
      return splitOutputs(outputs, rows, paddedRows);
    },
  };
}

/** Outputs that somebody in the batch asked for; null (all) as soon as one request wants all. */
export function wantedOutputs(entries: readonly BatchEntry[]): readonly string[] | null {
  const names = new Set<string>();
  for (const { request } of entries) {
    if (request.outputs === null) return null;
    for (const output of request.outputs) names.add(output.name);
  }
  return [...names];
}
