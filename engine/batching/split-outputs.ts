import { EngineError } from '../base';
import { formatShape, type NamedTensor, splitRows } from '../tensor';

/**
 * The inverse of `stackInputs`: gives each request its rows of every output, as views on the batch's bytes.
 *
 * Throws BACKEND_FAILED when the model returned an output whose first dimension is not the batch's: such an output
 * cannot be shared out, and handing a client somebody else's rows must never happen.
 *
 * @param paddedRows at the end of the batch, which are dropped
 * @returns `result[r]` are the outputs of request r
 */
export function splitOutputs(
  outputs: readonly NamedTensor[],
  rowsPerRequest: readonly number[],
  paddedRows = 0,
): NamedTensor[][] {
  const rows = rowsPerRequest.reduce((sum, count) => sum + count, paddedRows);
  const perRequest: NamedTensor[][] = rowsPerRequest.map(() => []);
  for (const output of outputs) {
    if (output.shape[0] !== rows) {
      throw new EngineError(
        'BACKEND_FAILED',
        `output "${output.name}" has shape ${formatShape(output.shape)} for a batch of ${rows} rows: its first dimension must be the batch's. ` +
          'Switch batching off for this model.',
      );
    }
    splitRows(output, [...rowsPerRequest, paddedRows]).forEach((piece, r) => {
      // The last piece is the padding's, which is no request's.
      perRequest[r]?.push({ name: output.name, ...piece });
    });
  }
  return perRequest;
}
