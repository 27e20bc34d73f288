import { invalid } from '../base';

/** Elements that one BYTES tensor can have: each becomes an object of its own on its way to the model. */
export const BYTES_ELEMENT_LIMIT = 1_048_576;

/**
 * Byte offsets at which each of `count` BYTES elements begins, and the end as the last entry (`count + 1` numbers).
 * Throws INVALID_ARGUMENT when the length prefixes do not fill `data` exactly.
 */
export function bytesElementOffsets(data: Uint8Array, count: number, name: string): Float64Array {
  // Every element has a prefix of four bytes: no memory for elements that cannot be there.
  if (count * 4 > data.byteLength)
    throw invalid(
      `tensor "${name}": ${count} elements need at least ${count * 4} bytes, ${data.byteLength} were given`,
    );
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const offsets = new Float64Array(count + 1);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 4 > data.byteLength)
      throw invalid(
        `tensor "${name}": element ${i} of ${count} lies beyond the ${data.byteLength} bytes given`,
      );
    at += 4 + view.getUint32(at, true);
    if (at > data.byteLength)
      throw invalid(
        `tensor "${name}": element ${i} says it ends at byte ${at}, but only ${data.byteLength} bytes were given`,
      );
    offsets[i + 1] = at;
  }
  if (at !== data.byteLength)
    throw invalid(
      `tensor "${name}": ${count} elements end at byte ${at}, but ${data.byteLength} bytes were given`,
    );
  return offsets;
}

/** Throws INVALID_ARGUMENT for more elements than a request's BYTES tensor can have; `label` names the input. */
export function checkBytesCount(label: string, count: number): void {
  if (count > BYTES_ELEMENT_LIMIT)
    throw invalid(
      `${label}: a BYTES tensor has at most ${BYTES_ELEMENT_LIMIT} elements, the shape says ${count}`,
    );
}

/** Encodes elements in the protocol's binary form (uint32 little-endian length, then the bytes). */
export function encodeBytesElements(elements: readonly Uint8Array[]): Uint8Array {
  const data = new Uint8Array(elements.reduce((sum, element) => sum + 4 + element.byteLength, 0));
  const view = new DataView(data.buffer);
  let at = 0;
  for (const element of elements) {
    view.setUint32(at, element.byteLength, true);
    data.set(element, at + 4);
    at += 4 + element.byteLength;
  }
  return data;
}

/** The elements of a BYTES tensor, as views on its data. */
export function decodeBytesElements(data: Uint8Array, count: number, name: string): Uint8Array[] {
  const offsets = bytesElementOffsets(data, count, name);
  return Array.from({ length: count }, (_, i) => data.subarray((offsets[i] ?? 0) + 4, offsets[i + 1]));
}
