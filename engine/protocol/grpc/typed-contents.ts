import { invalid } from '../../base';
import type { Datatype } from '../../contract';
import { checkBytesCount, elementCount, encodeBytesElements, formatShape } from '../../tensor';
import type { TensorHead } from '../json-tensors';
import { ProtoReader, WIRE } from './proto-reader';

type Kind = 'bool' | 'int32' | 'int64' | 'uint32' | 'uint64' | 'fp32' | 'fp64' | 'bytes';

/** Fields of InferTensorContents by their number. */
const FIELDS: readonly (readonly [kind: Kind, name: string] | null)[] = [
  null,
  ['bool', 'bool_contents'],
  ['int32', 'int_contents'],
  ['int64', 'int64_contents'],
  ['uint32', 'uint_contents'],
  ['uint64', 'uint64_contents'],
  ['fp32', 'fp32_contents'],
  ['fp64', 'fp64_contents'],
  ['bytes', 'bytes_contents'],
];

/** The field that carries a datatype, by number; null: it can only be sent raw. */
const FIELD_OF: Readonly<Record<Datatype, number | null>> = {
  BOOL: 1,
  INT8: 2,
  INT16: 2,
  INT32: 2,
  INT64: 3,
  UINT8: 4,
  UINT16: 4,
  UINT32: 4,
  UINT64: 5,
  FP32: 6,
  FP64: 7,
  BYTES: 8,
  FP16: null,
  BF16: null,
};

const FIXED_BYTES: Readonly<Partial<Record<Kind, number>>> = { fp32: 4, fp64: 8 };

/**
 * Elements of InferTensorContents as a tensor's bytes. Integers of 8 and 16 bits travel in fields of 32 and are cut to their low
 * bytes. Elements are counted before anything is allocated for them, and their number must be the shape's.
 *
 * @param contents the message, as often as it came: its parts are joined, as protobuf wants it
 */
export function decodeContents(contents: readonly Buffer[], head: TensorHead): Uint8Array {
  const field = FIELD_OF[head.datatype];
  if (field === null)
    throw invalid(`${head.label}: ${head.datatype} cannot be given as contents, only in raw_input_contents`);
  const [kind, name] = FIELDS[field] as readonly [Kind, string];
  const runs = collectRuns(contents, field, head);
  const count = kind === 'bytes' ? runs.length : countElements(runs, kind, head, name);
  const needed = elementCount(head.shape);
  if (count !== needed) {
    throw invalid(
      `${head.label}: shape ${formatShape(head.shape)} needs ${needed} elements, contents.${name} has ${count}`,
    );
  }
  if (kind === 'bytes') {
    checkBytesCount(head.label, count);
    return encodeBytesElements(runs);
  }
  // Their form on the wire is the tensor's own.
  if (FIXED_BYTES[kind] !== undefined) return runs.length === 1 ? (runs[0] as Buffer) : Buffer.concat(runs);
  return decodeVarints(runs, count, head);
}

/** Values of the one field that may be there: packed runs, single values, or elements of BYTES. */
function collectRuns(contents: readonly Buffer[], wanted: number, head: TensorHead): Buffer[] {
  const runs: Buffer[] = [];
  for (const message of contents) {
    const reader = new ProtoReader(message, `${head.label}: contents`);
    while (!reader.isDone) {
      const field = reader.tag();
      const run = reader.raw();
      const known = FIELDS[field];
      // A packed field without elements says nothing; an element of BYTES may be empty.
      if (!known || (run.byteLength === 0 && known[0] !== 'bytes')) continue;
      if (field !== wanted) throw wrongField(known[1], wanted, head);
      checkWireType(reader.wireType, known, head);
      runs.push(run);
    }
  }
  return runs;
}

function wrongField(given: string, wanted: number, { label, datatype }: TensorHead) {
  return invalid(
    `${label}: contents.${given} is given, ${datatype} is carried by contents.${FIELDS[wanted]?.[1]}`,
  );
}

function checkWireType(wireType: number, [kind, name]: readonly [Kind, string], head: TensorHead): void {
  const single = kind === 'fp32' ? WIRE.fixed32 : kind === 'fp64' ? WIRE.fixed64 : WIRE.varint;
  if (wireType === WIRE.bytes || (kind !== 'bytes' && wireType === single)) return;
  throw invalid(`${head.label}: contents.${name} has wire type ${wireType}`);
}

function countElements(runs: readonly Buffer[], kind: Kind, head: TensorHead, name: string): number {
  const size = FIXED_BYTES[kind];
  let count = 0;
  for (const run of runs) {
    if (size !== undefined) {
      if (run.byteLength % size !== 0)
        throw invalid(
          `${head.label}: contents.${name} has ${run.byteLength} bytes, not a multiple of ${size}`,
        );
      count += run.byteLength / size;
      continue;
    }
    // Each number ends with the one byte whose top bit is not set.
    for (const byte of run) if (byte < 0x80) count++;
    if ((run.at(-1) as number) >= 0x80) throw invalid(`${head.label}: contents.${name} ends within a number`);
  }
  return count;
}

function decodeVarints(runs: readonly Buffer[], count: number, { label, datatype }: TensorHead): Uint8Array {
  const reader = new ProtoReader(runs.length === 1 ? (runs[0] as Buffer) : Buffer.concat(runs), label);
  const target = targetOf(datatype, count);
  if (target instanceof BigUint64Array) for (let i = 0; i < count; i++) target[i] = BigInt(reader.uint64());
  else if (datatype === 'BOOL') for (let i = 0; i < count; i++) target[i] = reader.uint64() === 0 ? 0 : 1;
  // Typed arrays keep the low bytes.
  else for (let i = 0; i < count; i++) target[i] = reader.uint32();
  return new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
}

function targetOf(datatype: Datatype, count: number) {
  switch (datatype) {
    case 'INT64':
    case 'UINT64':
      return new BigUint64Array(count);
    case 'INT32':
    case 'UINT32':
      return new Uint32Array(count);
    case 'INT16':
    case 'UINT16':
      return new Uint16Array(count);
    default:
      return new Uint8Array(count);
  }
}
