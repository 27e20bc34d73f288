import { bytesElementOffsets } from './bytes-elements';
import { elementCount } from './shape';
import type { Tensor } from './tensor';

/**
 * Cuts a tensor along axis 0 into pieces of `rowCounts` rows: views on the same bytes, no copy. The inverse of
 * `concatRows`. `rowCounts` must sum to the tensor's rows.
 */
export function splitRows(tensor: Tensor, rowCounts: readonly number[]): Tensor[] {
  const rows = tensor.shape[0] ?? 0;
  const sum = rowCounts.reduce((total, count) => total + count, 0);
  if (sum !== rows) throw new RangeError(`the tensor has ${rows} rows, the pieces ${sum}`);
  const inner = tensor.shape.slice(1);
  const byteAtRow = rowOffsets(tensor, rows, elementCount(inner));
  let row = 0;
  return rowCounts.map((count) => {
    const data = tensor.data.subarray(byteAtRow(row), byteAtRow(row + count));
    row += count;
    return { datatype: tensor.datatype, shape: [count, ...inner], data };
  });
}

function rowOffsets(tensor: Tensor, rows: number, perRow: number): (row: number) => number {
  if (tensor.datatype !== 'BYTES') {
    const rowBytes = rows === 0 ? 0 : tensor.data.byteLength / rows;
    return (row) => row * rowBytes;
  }
  const offsets = bytesElementOffsets(tensor.data, rows * perRow, 'output');
  return (row) => offsets[row * perRow] ?? tensor.data.byteLength;
}
