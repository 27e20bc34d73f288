/**
 * Field numbers of the messages in an ONNX file (public `onnx.proto`), as far as Ferry looks into them. The reader walks
 * them on the wire and skips all others.
 */
export const MODEL_FIELD = {
  irVersion: 1,
  producerName: 2,
  producerVersion: 3,
  graph: 7,
  opsetImport: 8,
  trainingInfo: 20,
  functions: 25,
} as const;

export const OPSET_FIELD = { domain: 1, version: 2 } as const;

export const TRAINING_FIELD = { initialization: 1, algorithm: 2 } as const;

export const FUNCTION_FIELD = { node: 7, opsetImport: 9, attributeProto: 11 } as const;

export const GRAPH_FIELD = {
  node: 1,
  initializer: 5,
  input: 11,
  output: 12,
  valueInfo: 13,
  sparseInitializer: 15,
} as const;

export const NODE_FIELD = { input: 1, output: 2, opType: 4, attribute: 5, domain: 7 } as const;

export const ATTRIBUTE_FIELD = {
  name: 1,
  int: 3,
  tensor: 5,
  graph: 6,
  ints: 8,
  tensors: 10,
  graphs: 11,
  sparseTensor: 22,
  sparseTensors: 23,
} as const;

export const TENSOR_FIELD = {
  dims: 1,
  dataType: 2,
  name: 8,
  rawData: 9,
  externalData: 13,
  dataLocation: 14,
} as const;

export const SPARSE_TENSOR_FIELD = { values: 1, indices: 2 } as const;

export const ENTRY_FIELD = { key: 1, value: 2 } as const;

export const VALUE_INFO_FIELD = { name: 1, type: 2 } as const;

export const TYPE_FIELD = { tensor: 1, sequence: 4, map: 5, sparseTensor: 8, optional: 9 } as const;

export const TENSOR_TYPE_FIELD = { elementType: 1, shape: 2 } as const;

export const SHAPE_FIELD = { dim: 1 } as const;

export const DIM_FIELD = { value: 1, param: 2 } as const;

/** `TensorProto.DataType`, by number. */
export const ELEMENT_TYPES = [
  'UNDEFINED',
  'FLOAT',
  'UINT8',
  'INT8',
  'UINT16',
  'INT16',
  'INT32',
  'INT64',
  'STRING',
  'BOOL',
  'FLOAT16',
  'DOUBLE',
  'UINT32',
  'UINT64',
  'COMPLEX64',
  'COMPLEX128',
  'BFLOAT16',
  'FLOAT8E4M3FN',
  'FLOAT8E4M3FNUZ',
  'FLOAT8E5M2',
  'FLOAT8E5M2FNUZ',
  'UINT4',
  'INT4',
  'FLOAT4E2M1',
  'FLOAT8E8M0',
  'UINT2',
  'INT2',
] as const;

export type OnnxElementType = (typeof ELEMENT_TYPES)[number];
