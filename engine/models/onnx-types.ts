import { EngineError } from '../base';
import type { Datatype, TensorSpec } from '../contract';
import { ELEMENT_TYPES, type OnnxElementType } from './onnx-schema';

/** A graph input or output as it stands in the file. `shape` null: none given (unknown rank). */
export interface GraphValue {
  readonly name: string;
  /** 'tensor', or the container that makes it unservable. */
  readonly kind: 'tensor' | 'sequence' | 'map' | 'sparse tensor' | 'optional' | 'untyped';
  readonly elementType: number;
  readonly shape: readonly { readonly size: number; readonly name: string | null }[] | null;
}

const WIRE_DATATYPE: Readonly<Partial<Record<OnnxElementType, Datatype>>> = {
  FLOAT: 'FP32',
  UINT8: 'UINT8',
  INT8: 'INT8',
  UINT16: 'UINT16',
  INT16: 'INT16',
  INT32: 'INT32',
  INT64: 'INT64',
  STRING: 'BYTES',
  BOOL: 'BOOL',
  FLOAT16: 'FP16',
  DOUBLE: 'FP64',
  UINT32: 'UINT32',
  UINT64: 'UINT64',
  BFLOAT16: 'BF16',
};

/** Bytes of one element where an element has whole bytes. */
const ELEMENT_SIZE: Readonly<Partial<Record<OnnxElementType, number>>> = {
  FLOAT: 4,
  UINT8: 1,
  INT8: 1,
  UINT16: 2,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  BOOL: 1,
  FLOAT16: 2,
  DOUBLE: 8,
  UINT32: 4,
  UINT64: 8,
  COMPLEX64: 8,
  COMPLEX128: 16,
  BFLOAT16: 2,
  FLOAT8E4M3FN: 1,
  FLOAT8E4M3FNUZ: 1,
  FLOAT8E5M2: 1,
  FLOAT8E5M2FNUZ: 1,
  FLOAT8E8M0: 1,
};

/** "FLOAT" for 1, …; null for a number that ONNX does not define. */
export function elementTypeName(elementType: number): OnnxElementType | null {
  return ELEMENT_TYPES[elementType] ?? null;
}

/** Bytes of `[dims]` elements of a type; null when the type has no whole bytes or the product is beyond counting. */
export function tensorBytes(elementType: number, dims: readonly number[]): number | null {
  const name = elementTypeName(elementType);
  const size = name === null ? undefined : ELEMENT_SIZE[name];
  if (size === undefined) return null;
  const bytes = dims.reduce((product, dim) => product * dim, size);
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : null;
}

/** Throws MODEL_INVALID when a tensor's bytes in the file are not as many as its type and shape take. */
export function checkRawBytes(
  tensor: string,
  elementType: number,
  dims: readonly number[],
  rawBytes: number | null,
): void {
  if (rawBytes === null) return;
  const needed = tensorBytes(elementType, dims);
  if (needed === null || needed === rawBytes) return;
  throw new EngineError(
    'MODEL_INVALID',
    `${tensor} is ${elementTypeName(elementType)} [${dims.join(', ')}], which takes ${needed} bytes, but ${rawBytes} are in the file. Export the model again.`,
  );
}

/**
 * The console's record of a graph input or output. A missing shape becomes `[]`; the caller keeps its name as unranked.
 *
 * Errors: MODEL_INVALID when the type cannot travel over the wire or ONNX Runtime's Node binding cannot carry it.
 */
export function tensorSpec(role: 'input' | 'output', value: GraphValue): TensorSpec {
  const what = `${role} "${value.name}"`;
  if (value.kind === 'untyped')
    throw new EngineError('MODEL_INVALID', `${what} has no type in the file. Export the model again.`);
  if (value.kind !== 'tensor') {
    throw new EngineError(
      'MODEL_INVALID',
      `${what} is ${value.kind === 'optional' ? 'an' : 'a'} ${value.kind}; only plain tensors can be served.${hintFor(value.kind)}`,
    );
  }
  const typeName = elementTypeName(value.elementType);
  const datatype = typeName === null ? undefined : WIRE_DATATYPE[typeName];
  if (datatype === undefined) {
    throw new EngineError(
      'MODEL_INVALID',
      `${what} has elements of type ${typeName ?? `number ${value.elementType}`}, which the protocol cannot carry. Cast it to a common type inside the graph.`,
    );
  }
  if (datatype === 'BF16') {
    throw new EngineError(
      'MODEL_INVALID',
      `${what} is BFLOAT16, which ONNX Runtime's Node binding cannot carry (1.30: "Unsupported data type: 16"). Cast it to FLOAT or FLOAT16 at the graph's edge; inside the graph BFLOAT16 is fine.`,
    );
  }
  const shape = value.shape ?? [];
  return {
    name: value.name,
    datatype,
    shape: shape.map((dim) => dim.size),
    dimNames: shape.map((dim) => dim.name),
    optional: false,
  };
}

function hintFor(kind: GraphValue['kind']): string {
  // What scikit-learn's converter writes for classifiers unless told otherwise.
  if (kind === 'sequence' || kind === 'map')
    return ' For a scikit-learn classifier convert with options={"zipmap": False}.';
  return '';
}
