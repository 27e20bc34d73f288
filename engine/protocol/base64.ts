import { invalid } from '../base';

const PADDING = 0x3d;
const MINUS = 0x2d;
const UNDERSCORE = 0x5f;

/**
 * Base64 of RFC 4648 to bytes, strictly: padded, without white space, nothing left out. Throws INVALID_ARGUMENT.
 *
 * Node's decoder passes over what it does not know and stops at a padding; what it passed over is then missing in the length.
 */
export function decodeBase64(text: Uint8Array, label: string): Uint8Array {
  const { byteLength } = text;
  if (byteLength % 4 !== 0)
    throw invalid(
      `${label}: base64 has a length that is a multiple of 4, ${byteLength} characters were given`,
    );
  const source = Buffer.from(text.buffer, text.byteOffset, byteLength);
  const padding = source.at(-1) !== PADDING ? 0 : source.at(-2) !== PADDING ? 1 : 2;
  const data = Buffer.from(source.toString('latin1'), 'base64');
  const isUrlVariant = source.includes(MINUS) || source.includes(UNDERSCORE);
  if (data.byteLength !== (byteLength / 4) * 3 - padding || isUrlVariant)
    throw invalid(`${label}: is not base64 (A-Z, a-z, 0-9, "+", "/", padded with "=")`);
  return data;
}
