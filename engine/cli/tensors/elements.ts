import type { Datatype } from '../../contract';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../../protocol';
import { decodeBytesElements, elementCount, type NamedTensor, type Tensor } from '../../tensor';
import { failure } from '../cli-error';

export type NumericDatatype = Exclude<Datatype, 'BYTES'>;

interface Access {
  readonly bytes: number;
  readonly get: (view: DataView, at: number) => number | bigint;
  readonly set: (view: DataView, at: number, value: number) => void;
  /** Whole numbers from here to there; null: floating point. */
  readonly range: readonly [bigint, bigint] | null;
}

const unsigned = (bits: bigint): readonly [bigint, bigint] => [0n, 2n ** bits - 1n];
const signed = (bits: bigint): readonly [bigint, bigint] => [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];

const ACCESS: Readonly<Record<NumericDatatype, Access>> = {
  BOOL: { bytes: 1, get: (v, at) => v.getUint8(at), set: (v, at, x) => v.setUint8(at, x), range: [0n, 1n] },
  UINT8: {
    bytes: 1,
    get: (v, at) => v.getUint8(at),
    set: (v, at, x) => v.setUint8(at, x),
    range: unsigned(8n),
  },
  INT8: { bytes: 1, get: (v, at) => v.getInt8(at), set: (v, at, x) => v.setInt8(at, x), range: signed(8n) },
  UINT16: {
    bytes: 2,
    get: (v, at) => v.getUint16(at, true),
    set: (v, at, x) => v.setUint16(at, x, true),
    range: unsigned(16n),
  },
  INT16: {
    bytes: 2,
    get: (v, at) => v.getInt16(at, true),
    set: (v, at, x) => v.setInt16(at, x, true),
    range: signed(16n),
  },
  UINT32: {
    bytes: 4,
    get: (v, at) => v.getUint32(at, true),
    set: (v, at, x) => v.setUint32(at, x, true),
    range: unsigned(32n),
  },
  INT32: {
    bytes: 4,
    get: (v, at) => v.getInt32(at, true),
    set: (v, at, x) => v.setInt32(at, x, true),
    range: signed(32n),
  },
  UINT64: {
    bytes: 8,
    get: (v, at) => v.getBigUint64(at, true),
    set: (v, at, x) => v.setBigUint64(at, BigInt(x), true),
    range: unsigned(64n),
  },
  INT64: {
    bytes: 8,
    get: (v, at) => v.getBigInt64(at, true),
    set: (v, at, x) => v.setBigInt64(at, BigInt(x), true),
    range: signed(64n),
  },
  FP16: {
    bytes: 2,
    get: (v, at) => fromFloat16(v.getUint16(at, true)),
    set: (v, at, x) => v.setUint16(at, toFloat16(x), true),
    range: null,
  },
  BF16: {
    bytes: 2,
    get: (v, at) => fromBfloat16(v.getUint16(at, true)),
    set: (v, at, x) => v.setUint16(at, toBfloat16(x), true),
    range: null,
  },
  FP32: {
    bytes: 4,
    get: (v, at) => v.getFloat32(at, true),
    set: (v, at, x) => v.setFloat32(at, x, true),
    range: null,
  },
  FP64: {
    bytes: 8,
    get: (v, at) => v.getFloat64(at, true),
    set: (v, at, x) => v.setFloat64(at, x, true),
    range: null,
  },
};

const viewOf = ({ data }: Tensor): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);

/** Calls `take` with every number of a tensor, row-major; BOOL is 0 and 1. */
export function forEachNumber(
  tensor: Tensor & { readonly datatype: NumericDatatype },
  take: (value: number | bigint, index: number) => void,
): void {
  const { bytes, get } = ACCESS[tensor.datatype];
  const view = viewOf(tensor);
  const count = elementCount(tensor.shape);
  for (let i = 0; i < count; i++) take(get(view, i * bytes), i);
}

export const isNumeric = <T extends Tensor>(
  tensor: T,
): tensor is T & { readonly datatype: NumericDatatype } => tensor.datatype !== 'BYTES';

/** The first `limit` elements as JSON has them: numbers (bigint for 64 bits), booleans, and texts for BYTES. */
export function elementsOf(tensor: NamedTensor, limit: number): (number | bigint | boolean | string)[] {
  const count = elementCount(tensor.shape);
  const shown = Math.min(limit, count);
  if (!isNumeric(tensor)) {
    return decodeBytesElements(tensor.data, count, tensor.name)
      .slice(0, shown)
      .map((element) => Buffer.from(element).toString('utf8'));
  }
  const { bytes, get } = ACCESS[tensor.datatype];
  const view = viewOf(tensor);
  return Array.from({ length: shown }, (_, i) => {
    const value = get(view, i * bytes);
    return tensor.datatype === 'BOOL' ? value !== 0 : value;
  });
}

/**
 * A tensor of numbers. Errors: CliError for a number that the datatype has no place for; floating point rounds to nearest.
 *
 * @param label how messages call it: `input "x"`
 */
export function tensorOfNumbers(
  label: string,
  datatype: NumericDatatype,
  shape: readonly number[],
  values: ArrayLike<number>,
): Tensor {
  const { bytes, set, range } = ACCESS[datatype];
  const data = new Uint8Array(values.length * bytes);
  const view = new DataView(data.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (
      range !== null &&
      !(Number.isInteger(value) && BigInt(value) >= range[0] && BigInt(value) <= range[1])
    )
      throw failure(
        `${label}: element ${i} is ${value}; ${datatype} holds whole numbers from ${range[0]} to ${range[1]}`,
      );
    set(view, i * bytes, value);
  }
  return { datatype, shape, data };
}

/**
 * The same numbers in another datatype. Errors: CliError for BYTES, and for a number that the datatype has no place for.
 *
 * @param label how messages call it: `input "x"`
 */
export function castTensor(label: string, tensor: Tensor, datatype: Datatype): Tensor {
  if (tensor.datatype === datatype) return tensor;
  if (!isNumeric(tensor) || datatype === 'BYTES')
    throw failure(`${label}: ${tensor.datatype} cannot become ${datatype}`);
  const values = new Float64Array(elementCount(tensor.shape));
  forEachNumber(tensor, (value, i) => {
    values[i] = Number(value);
    if (typeof value === 'bigint' && BigInt(values[i] as number) !== value)
      throw failure(`${label}: element ${i} is ${value}; as ${datatype} it would not be exact`);
  });
  return tensorOfNumbers(label, datatype, tensor.shape, values);
}
