import type { Tensor } from './tensor';

/**
 * Joins tensors along axis 0. All have the same datatype and the same dimensions after the first (the caller has seen to
 * it); BYTES too, because length-prefixed elements stay valid when put one after the other.
 *
 * @returns a tensor that owns its whole ArrayBuffer, so that it can be transferred to a thread
 */
export function concatRows(parts: readonly Tensor[]): Tensor {
  const first = parts[0];
  if (!first) throw new RangeError('concatRows needs at least one tensor');
  let rows = 0;
  let bytes = 0;
  for (const part of parts) {
    rows += part.shape[0] ?? 1;
    bytes += part.data.byteLength;
  }
  // Slow: of its own memory. All of it is written below, so that it need not be cleared.
  const data = new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.byteLength;
  }
  return { datatype: first.datatype, shape: [rows, ...first.shape.slice(1)], data };
}
