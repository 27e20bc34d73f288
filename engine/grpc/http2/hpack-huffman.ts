import { CODE, ConnectionError } from './protocol';

/**
 * Bits of each byte's code (RFC 7541, appendix B), one digit of base 36 each, byte 0 first. Lengths are enough: the codes are
 * canonical, which is that codes of equal length count up in the order of their bytes, and longer ones go on where shorter ones end.
 */
const CODE_BITS = [
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca',
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds',
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn',
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq',
].join('');
const LONGEST_CODE = 30;
const FIRST_LOOKUP_BITS = 8;

/** For each length, the first code of that length and where its bytes begin in `SYMBOLS`. */
const FIRST_CODE = new Uint32Array(LONGEST_CODE + 2);
const FIRST_SYMBOL = new Uint16Array(LONGEST_CODE + 2);
const COUNT = new Uint16Array(LONGEST_CODE + 2);
/** All bytes, by the length of their codes and then by value. */
const SYMBOLS = new Uint8Array(256);
/** By the next eight bits: byte and code length (in bits 8 and up) of a code that is no longer than that; 0 for longer ones. */
const SHORT = new Uint16Array(1 << FIRST_LOOKUP_BITS);

fillTables();

function fillTables(): void {
  let code = 0;
  let symbols = 0;
  for (let bits = 1; bits <= LONGEST_CODE; bits++) {
    code = (code << 1) >>> 0;
    FIRST_CODE[bits] = code;
    FIRST_SYMBOL[bits] = symbols;
    for (let byte = 0; byte < 256; byte++) {
      if (Number.parseInt(CODE_BITS[byte] as string, 36) !== bits) continue;
      SYMBOLS[symbols++] = byte;
      if (bits <= FIRST_LOOKUP_BITS) {
        const shift = FIRST_LOOKUP_BITS - bits;
        SHORT.fill(byte | (bits << 8), code << shift, (code + 1) << shift);
      }
      code++;
    }
    COUNT[bits] = symbols - (FIRST_SYMBOL[bits] as number);
  }
}

/**
 * Decodes a string of RFC 7541, 5.2. A code has at least five bits, so the text has at most 8/5 of the bytes' length.
 * Throws ConnectionError(COMPRESSION_ERROR) for the end-of-string code and for padding that is too long or not all ones.
 */
export function decodeHuffman(bytes: Uint8Array): string {
  const out = Buffer.allocUnsafe(Math.ceil((bytes.byteLength * 8) / 5));
  let length = 0;
  /** Bits that are not decoded yet: the low `held` of `window`. At most 29 and one byte, which a number holds exactly. */
  let window = 0;
  let held = 0;
  for (const byte of bytes) {
    window = window * 256 + byte;
    held += 8;
    for (;;) {
      const found = nextSymbol(window, held);
      if (found < 0) break;
      const bits = found >>> 8;
      out[length++] = found & 0xff;
      held -= bits;
      window %= 2 ** held;
    }
  }
  if (held > 7 || window !== 2 ** held - 1)
    throw new ConnectionError(CODE.compressionError, 'a Huffman-coded string does not end as it must');
  return out.toString('latin1', 0, length);
}

/** Byte, and bits in 8 and up; -1 when the bits held are not a whole code yet. */
function nextSymbol(window: number, held: number): number {
  if (held >= FIRST_LOOKUP_BITS) {
    const short = SHORT[Math.floor(window / 2 ** (held - FIRST_LOOKUP_BITS))] as number;
    if (short !== 0) return short;
  }
  for (let bits = 5; bits <= Math.min(held, LONGEST_CODE); bits++) {
    const offset = Math.floor(window / 2 ** (held - bits)) - (FIRST_CODE[bits] as number);
    if (offset >= 0 && offset < (COUNT[bits] as number))
      return (SYMBOLS[(FIRST_SYMBOL[bits] as number) + offset] as number) | (bits << 8);
  }
  if (held >= LONGEST_CODE)
    throw new ConnectionError(CODE.compressionError, 'a Huffman-coded string has the end-of-string code');
  return -1;
}
