import { invalid } from '../base';

/**
 * Byte offsets at which each of `count` BYTES elements begins, and the end as the last entry (`count + 1` numbers).
 * Throws INVALID_ARGUMENT when the length prefixes do not fill `data` exactly.
 */
export function bytesElementOffsets(data: Uint8Array, count: number, name: string): number[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const offsets: number[] = [0];
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
    offsets.push(at);
  }
  if (at !== data.byteLength)
    throw invalid(
      `tensor "${name}": ${count} elements end at byte ${at}, but ${data.byteLength} bytes were given`,
    );
  return offsets;
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
