import type { Datatype, TensorSpec } from '../contract';
import { encodeBytesElements } from '../tensor';

/** One input of one request: its values as protocol bytes, and as JSON text when the request is sent as JSON. */
export interface InputValues {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly values: ArrayBufferView & { readonly length: number };
  /** Elements of a BYTES tensor; null for every other datatype. */
  readonly strings: readonly string[] | null;
}

/** Sizes chosen for dimensions that the model leaves open: input name, then axis. */
type DynamicDims = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * The shape of one request's tensor: the batch axis gets the rows, an open dimension its chosen size or 1.
 *
 * @param batchable axis 0 is the batch dimension
 */
export function requestShape(
  spec: TensorSpec,
  batchable: boolean,
  rows: number,
  dynamicDims: DynamicDims,
): number[] {
  return spec.shape.map((size, axis) => {
    if (batchable && axis === 0) return rows;
    if (size >= 0) return size;
    return dynamicDims[spec.name]?.[String(axis)] ?? 1;
  });
}

/**
 * Made-up values for one input, the same for the same `random`. Sensible rather than arbitrary: numbers that a model
 * can work on without overflow or an index out of range, because a request that fails measures nothing.
 *
 * - floating point: uniform in [0, 1), what a normalised image or embedding looks like
 * - UINT8, INT8: the whole range, what pixels and quantised values look like
 * - wider integers: 0 to 99, which any vocabulary or index range holds; inputs called "…mask…" get 1 (everything is attended to) and
 *   "…type_ids…" or "…segment…" get 0, because language models index a table of two with them
 * - BYTES: short words
 */
export function makeInput(spec: TensorSpec, shape: readonly number[], random: () => number): InputValues {
  const count = shape.reduce((product, size) => product * size, 1);
  const made = { name: spec.name, datatype: spec.datatype, shape };
  if (spec.datatype === 'BYTES') {
    const strings = Array.from({ length: count }, () => `ferry-${Math.floor(random() * 1e6)}`);
    const encoder = new TextEncoder();
    return { ...made, values: encodeBytesElements(strings.map((word) => encoder.encode(word))), strings };
  }
  return { ...made, values: FILL[spec.datatype](count, random, integerRange(spec.name)), strings: null };
}

interface IntegerRange {
  readonly from: number;
  readonly count: number;
}

function integerRange(inputName: string): IntegerRange {
  if (/mask/i.test(inputName)) return { from: 1, count: 1 };
  if (/type_?ids|segment/i.test(inputName)) return { from: 0, count: 1 };
  return { from: 0, count: 100 };
}

const pick = (random: () => number, { from, count }: IntegerRange): number =>
  from + Math.floor(random() * count);

type Fill = (count: number, random: () => number, range: IntegerRange) => InputValues['values'];

const FILL: Readonly<Record<Exclude<Datatype, 'BYTES'>, Fill>> = {
  BOOL: (count, random) => new Uint8Array(count).map(() => (random() < 0.5 ? 0 : 1)),
  UINT8: (count, random) => new Uint8Array(count).map(() => random() * 256),
  INT8: (count, random) => new Int8Array(count).map(() => random() * 256 - 128),
  UINT16: (count, random, range) => new Uint16Array(count).map(() => pick(random, range)),
  INT16: (count, random, range) => new Int16Array(count).map(() => pick(random, range)),
  UINT32: (count, random, range) => new Uint32Array(count).map(() => pick(random, range)),
  INT32: (count, random, range) => new Int32Array(count).map(() => pick(random, range)),
  UINT64: (count, random, range) => new BigUint64Array(count).map(() => BigInt(pick(random, range))),
  INT64: (count, random, range) => new BigInt64Array(count).map(() => BigInt(pick(random, range))),
  FP16: (count, random) => new Uint16Array(count).map(() => halfBits(random())),
  BF16: (count, random) => new Uint16Array(count).map(() => brainBits(random())),
  FP32: (count, random) => new Float32Array(count).map(random),
  FP64: (count, random) => new Float64Array(count).map(random),
};

/** IEEE 754 half bits of a value in [0, 1), rounded down; below the normal range (2^-14) it is 0. */
function halfBits(value: number): number {
  if (value < 2 ** -14) return 0;
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) | Math.floor((value / 2 ** exponent - 1) * 1024);
}

const singleOf = new Float32Array(1);
const bitsOfSingle = new Uint32Array(singleOf.buffer);

/** The upper half of a single's bits. */
function brainBits(value: number): number {
  singleOf[0] = value;
  return (bitsOfSingle[0] ?? 0) >>> 16;
}
