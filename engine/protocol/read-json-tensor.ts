import { invalid } from '../base';
import type { Datatype } from '../contract';
import { ELEMENT_BYTES, elementCount, encodeBytesElements, formatShape } from '../tensor';
import type { JsonScanner } from './json-scanner';
import { toBfloat16Bits, toFloat16Bits } from './small-floats';

/** What is known of a tensor before its `data` is read. */
interface TensorHead {
  /** For messages, such as `input "x"`. */
  readonly label: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** Reads the element that is next in the text and puts it at `index`. */
type ElementReader = (index: number) => void;
type TypedReader = { readonly bytes: Uint8Array; readonly read: ElementReader };

const BIGINT_LIMITS = { INT64: [-(2n ** 63n), 2n ** 63n - 1n], UINT64: [0n, 2n ** 64n - 1n] } as const;
const INTEGER_ARRAYS = {
  UINT8: Uint8Array, UINT16: Uint16Array, UINT32: Uint32Array, INT8: Int8Array, INT16: Int16Array, INT32: Int32Array,
} as const;
type SmallInteger = keyof typeof INTEGER_ARRAYS;

/**
 * Reads a `data` array, flat or nested as the shape is, into the tensor's bytes. Numbers go straight into a typed array.
 * 64-bit integers keep all their digits; NaN and infinities are taken as bare words; FP16 and BF16 are rounded to nearest.
 * Throws INVALID_ARGUMENT for too few or too many elements, rows of the wrong length, and values that the datatype cannot hold.
 */
export function readJsonTensor(scanner: JsonScanner, head: TensorHead): Uint8Array {
  const count = elementCount(head.shape);
  // Every element takes at least a digit and a comma: a huge shape over a short text must not allocate.
  if (count > scanner.remaining) throw invalid(`${head.label}: shape ${formatShape(head.shape)} has ${count} elements, but ${scanner.remaining} bytes of text are left for them`);
  if (head.datatype === 'BYTES') return readStrings(scanner, head, count);
  const { bytes, read } = typedReader(scanner, head, count);
  readElements(scanner, head, count, read);
  return bytes;
}

function readElements(scanner: JsonScanner, head: TensorHead, count: number, read: ElementReader): void {
  const { label, shape } = head;
  let next = 0;
  const readLevel = (level: number) => {
    const start = next;
    scanner.array(() => {
      if (scanner.atArray) {
        if (level + 1 >= shape.length) throw invalid(`${label}: data is nested ${level + 2} deep, shape ${formatShape(shape)} has ${shape.length} dimensions`);
        readLevel(level + 1);
        return;
      }
      if (next >= count) throw invalid(`${label}: data has more than the ${count} elements of shape ${formatShape(shape)}`);
      read(next++);
    });
    if (level > 0) checkRow(head, level, start, next);
  };
  readLevel(0);
  if (next !== count) throw invalid(`${label}: data has ${next} elements, shape ${formatShape(shape)} needs ${count}`);
}

/** A nested array must be exactly one row of the shape, or elements would silently move to other rows. */
function checkRow({ label, shape }: TensorHead, level: number, start: number, end: number): void {
  const size = elementCount(shape.slice(level));
  if (end - start === size && (size === 0 || start % size === 0)) return;
  throw invalid(`${label}: an array at depth ${level + 1} of data has ${end - start} elements, shape ${formatShape(shape)} needs ${size} there`);
}

function typedReader(scanner: JsonScanner, head: TensorHead, count: number): TypedReader {
  const { datatype } = head;
  const bytes = new Uint8Array(count * (ELEMENT_BYTES[datatype] ?? 0));
  switch (datatype) {
    case 'FP32': {
      const values = new Float32Array(bytes.buffer);
      return { bytes, read: (i) => { values[i] = readFloat(scanner, head, i, true); } };
    }
    case 'FP64': {
      const values = new Float64Array(bytes.buffer);
      return { bytes, read: (i) => { values[i] = readFloat(scanner, head, i, false); } };
    }
    case 'FP16':
    case 'BF16': {
      const values = new Uint16Array(bytes.buffer);
      return { bytes, read: (i) => { values[i] = readSmallFloat(scanner, head, i); } };
    }
    case 'INT64':
    case 'UINT64':
      return { bytes, read: wideIntegerReader(scanner, head, bytes) };
    case 'BOOL':
      return { bytes, read: (i) => { bytes[i] = readBoolean(scanner, head, i); } };
    default:
      return { bytes, read: integerReader(scanner, head, datatype as SmallInteger, bytes) };
  }
}

function readFloat(scanner: JsonScanner, head: TensorHead, index: number, single: boolean): number {
  const special = scanner.nonFinite();
  if (special !== null) return special;
  readNumber(scanner, head, index);
  const value = single ? scanner.float() : scanner.double();
  if (!Number.isFinite(value)) throw beyond(head, index, scanner);
  return value;
}

function readSmallFloat(scanner: JsonScanner, head: TensorHead, index: number): number {
  const special = scanner.nonFinite();
  const toBits = head.datatype === 'FP16' ? toFloat16Bits : toBfloat16Bits;
  if (special !== null) return toBits(special);
  readNumber(scanner, head, index);
  const bits = toBits(scanner.double());
  const infinity = head.datatype === 'FP16' ? 0x7c00 : 0x7f80;
  if ((bits & infinity) === infinity) throw beyond(head, index, scanner);
  return bits;
}

function integerReader(scanner: JsonScanner, head: TensorHead, datatype: SmallInteger, bytes: Uint8Array): ElementReader {
  const values = new INTEGER_ARRAYS[datatype](bytes.buffer);
  return (index) => {
    readNumber(scanner, head, index);
    const value = scanner.double();
    if (!Number.isInteger(value)) throw notInteger(head, index, scanner);
    values[index] = value;
    if (values[index] !== value) throw beyond(head, index, scanner);
  };
}

/** Values that a double holds exactly are split into their two halves by arithmetic, which is far cheaper than a BigInt each. */
function wideIntegerReader(scanner: JsonScanner, head: TensorHead, bytes: Uint8Array): ElementReader {
  const halves = new Int32Array(bytes.buffer);
  const wide = new BigInt64Array(bytes.buffer);
  const [least, most] = BIGINT_LIMITS[head.datatype as 'INT64' | 'UINT64'];
  return (index) => {
    readNumber(scanner, head, index);
    const value = scanner.double();
    if (Number.isSafeInteger(value) && value >= (least === 0n ? 0 : Number.MIN_SAFE_INTEGER)) {
      const high = Math.floor(value / 2 ** 32);
      halves[2 * index] = value - high * 2 ** 32;
      halves[2 * index + 1] = high;
      return;
    }
    if (!scanner.isPlainInteger) throw notInteger(head, index, scanner);
    const exact = wideInteger(scanner);
    if (exact === null || exact < least || exact > most) throw beyond(head, index, scanner);
    wide[index] = exact;
  };
}

/** Null for more digits than any 64-bit number has: converting a text of megabytes to a BigInt would take minutes. */
function wideInteger(scanner: JsonScanner): bigint | null {
  const digits = scanner.digits();
  return digits.length > 20 ? null : BigInt(digits);
}

function readBoolean(scanner: JsonScanner, head: TensorHead, index: number): 0 | 1 {
  const next = scanner.peek();
  if (next !== 0x30 && next !== 0x31) return scanner.boolean(`${head.label}: element ${index} of data`) ? 1 : 0;
  scanner.number();
  const digits = scanner.digits();
  if (digits === '0') return 0;
  if (digits === '1') return 1;
  throw invalid(`${head.label}: element ${index} of data is ${digits}, BOOL takes true, false, 1 and 0`);
}

function readStrings(scanner: JsonScanner, head: TensorHead, count: number): Uint8Array {
  const elements: Uint8Array[] = [];
  readElements(scanner, head, count, (index) => {
    if (!scanner.atString) throw invalid(`${head.label}: element ${index} of data is not a string, BYTES takes strings`);
    const text = scanner.string();
    if (!text.isWellFormed()) throw invalid(`${head.label}: element ${index} of data has half of a surrogate pair, which UTF-8 cannot hold; send it as binary data`);
    elements.push(Buffer.from(text));
  });
  return encodeBytesElements(elements);
}

function readNumber(scanner: JsonScanner, head: TensorHead, index: number): void {
  const first = scanner.peek();
  if (first !== 0x2d && (first < 0x30 || first > 0x39)) throw invalid(`${head.label}: element ${index} of data (byte ${scanner.at} of the JSON) is not a number, ${head.datatype} takes numbers`);
  scanner.number();
}

function beyond({ label, datatype }: TensorHead, index: number, scanner: JsonScanner) {
  return invalid(`${label}: element ${index} of data is ${shown(scanner)}, which ${datatype} cannot hold`);
}

function notInteger({ label, datatype }: TensorHead, index: number, scanner: JsonScanner) {
  return invalid(`${label}: element ${index} of data is ${shown(scanner)}, ${datatype} takes whole numbers`);
}

function shown(scanner: JsonScanner): string {
  const digits = scanner.digits();
  return digits.length > 40 ? `${digits.slice(0, 40)}…` : digits;
}
