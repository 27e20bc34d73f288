import { Tensor as OrtTensor } from 'onnxruntime-node';
import { EngineError } from '../base';
import type { Datatype } from '../contract';
import { decodeBytesElements, elementCount, encodeBytesElements, type NamedTensor } from '../tensor';

type View = new (buffer: ArrayBuffer, byteOffset?: number, length?: number) => ArrayBufferView;

// Node 24 and later have Float16Array and onnxruntime-common then insists on it; before, it wants Uint16Array.
const float16View = ((globalThis as Record<string, unknown>).Float16Array as View | undefined) ?? Uint16Array;

interface OrtType {
  readonly ortName: OrtTensor.Type;
  readonly view: View;
  readonly bytes: number;
}

const ORT_TYPES: Partial<Record<Datatype, OrtType>> = {
  BOOL: { ortName: 'bool', view: Uint8Array, bytes: 1 },
  UINT8: { ortName: 'uint8', view: Uint8Array, bytes: 1 },
  INT8: { ortName: 'int8', view: Int8Array, bytes: 1 },
  UINT16: { ortName: 'uint16', view: Uint16Array, bytes: 2 },
  INT16: { ortName: 'int16', view: Int16Array, bytes: 2 },
  FP16: { ortName: 'float16', view: float16View, bytes: 2 },
  UINT32: { ortName: 'uint32', view: Uint32Array, bytes: 4 },
  INT32: { ortName: 'int32', view: Int32Array, bytes: 4 },
  FP32: { ortName: 'float32', view: Float32Array, bytes: 4 },
  UINT64: { ortName: 'uint64', view: BigUint64Array, bytes: 8 },
  INT64: { ortName: 'int64', view: BigInt64Array, bytes: 8 },
  FP64: { ortName: 'float64', view: Float64Array, bytes: 8 },
};

const WIRE_NAMES = new Map<string, Datatype>([
  ...(Object.entries(ORT_TYPES) as [Datatype, OrtType][]).map(
    ([wire, type]) => [type.ortName, wire] as const,
  ),
  ['string', 'BYTES'],
]);

// A byte order mark that begins an element is a part of it.
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Bytes to a backend tensor: a view when the bytes are aligned (they are, coming from a batch), else a copy. */
export function toOrtTensor(tensor: NamedTensor): OrtTensor {
  const dims = [...tensor.shape];
  if (tensor.datatype === 'BYTES') {
    const elements = decodeBytesElements(tensor.data, elementCount(tensor.shape), tensor.name);
    return new OrtTensor(
      'string',
      elements.map((element) => utf8Decoder.decode(element)),
      dims,
    );
  }
  const type = ORT_TYPES[tensor.datatype];
  if (!type)
    throw new EngineError(
      'UNSUPPORTED',
      `input "${tensor.name}": datatype ${tensor.datatype} is not supported by onnxruntime-node`,
    );
  const data = tensor.data.byteOffset % type.bytes === 0 ? tensor.data : new Uint8Array(tensor.data);
  const values = new type.view(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / type.bytes);
  return new OrtTensor(type.ortName, values as OrtTensor['data'] as Float32Array, dims);
}

/** A backend tensor to bytes: a view on the backend's own result, no copy (strings are encoded). */
export function fromOrtTensor(name: string, tensor: OrtTensor): NamedTensor {
  const datatype = WIRE_NAMES.get(tensor.type);
  if (!datatype)
    throw new EngineError('UNSUPPORTED', `output "${name}": element type ${tensor.type} cannot be sent`);
  const shape = [...tensor.dims];
  if (datatype === 'BYTES') {
    const data = encodeBytesElements((tensor.data as string[]).map((element) => utf8Encoder.encode(element)));
    return { name, datatype, shape, data };
  }
  const view = tensor.data as Exclude<OrtTensor['data'], string[]>;
  return {
    name,
    datatype,
    shape,
    data: new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength),
  };
}
