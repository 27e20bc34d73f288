import protobuf from 'protobufjs';
import type { Datatype } from '../contract';

/**
 * Field numbers of `onnx.proto`, as far as these models need them. Written down a second time on purpose: the reader in
 * engine/models has its own, and a slip in one of them shows as a test that fails.
 */
const MODEL_FIELD = { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8, functions: 25 } as const;
const OPSET_FIELD = { domain: 1, version: 2 } as const;
const FUNCTION_FIELD = { node: 7 } as const;
const GRAPH_FIELD = {
  node: 1,
  name: 2,
  initializer: 5,
  input: 11,
  output: 12,
  sparseInitializer: 15,
} as const;
const NODE_FIELD = { input: 1, output: 2, opType: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE_FIELD = {
  name: 1,
  intValue: 3,
  stringValue: 4,
  tensor: 5,
  graph: 6,
  ints: 8,
  tensors: 10,
  graphs: 11,
  type: 20,
  sparseTensor: 22,
} as const;
const TENSOR_FIELD = {
  dims: 1,
  dataType: 2,
  name: 8,
  rawData: 9,
  externalData: 13,
  dataLocation: 14,
} as const;
const SPARSE_TENSOR_FIELD = { values: 1, indices: 2 } as const;
const ENTRY_FIELD = { key: 1, value: 2 } as const;
const VALUE_INFO_FIELD = { name: 1, type: 2 } as const;
const TYPE_FIELD = { tensor: 1, sequence: 4, map: 5, sparseTensor: 8, optional: 9 } as const;
const TENSOR_TYPE_FIELD = { elementType: 1, shape: 2 } as const;
const SHAPE_FIELD = { dim: 1 } as const;
const DIM_FIELD = { value: 1, param: 2 } as const;

/** `TensorProto.DataType`, by number. */
const ELEMENT_TYPES = [
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
] as const;
export type OnnxElementType = (typeof ELEMENT_TYPES)[number];

/** A dimension: its size, its symbolic name, or null for one without either. */
export type OnnxDim = number | string | null;

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxElementType;
  /** Null: no shape at all in the file (unknown rank). */
  readonly shape: readonly OnnxDim[] | null;
  /** Wraps the tensor type: a sequence, map or optional of it. */
  readonly container?: 'sequence' | 'map' | 'optional' | 'sparse';
}

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxElementType;
  readonly dims: readonly number[];
  readonly rawData?: Uint8Array;
  /** Where the bytes lie outside the file; pairs as they are written, so that tests can write nonsense. */
  readonly external?: readonly (readonly [key: string, value: string])[];
}

export interface OnnxSparseTensor {
  readonly values: OnnxTensor;
  readonly indices: OnnxTensor;
}

export type OnnxAttribute = { readonly name: string } & (
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string }
  | { readonly tensor: OnnxTensor }
  | { readonly tensors: readonly OnnxTensor[] }
  | { readonly sparseTensor: OnnxSparseTensor }
  | { readonly graph: OnnxGraph }
  | { readonly graphs: readonly OnnxGraph[] }
);

export interface OnnxNode {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: readonly OnnxAttribute[];
}

export interface OnnxGraph {
  readonly name?: string;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers?: readonly OnnxTensor[];
  readonly sparseInitializers?: readonly OnnxSparseTensor[];
}

export interface OnnxModel {
  readonly irVersion?: number;
  readonly producer?: string;
  readonly opsets?: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: OnnxGraph;
  readonly functions?: readonly { readonly nodes: readonly OnnxNode[] }[];
}

/** Opset and IR version of models that say nothing else: old enough for every runtime in use. */
export const DEFAULT_OPSET = 17;
export const DEFAULT_IR_VERSION = 8;

type Writer = protobuf.Writer;
const VARINT = 0;
const BYTES = 2;
const ATTRIBUTE_TYPE = {
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  ints: 7,
  tensors: 9,
  graphs: 10,
  sparseTensor: 11,
} as const;

const text = (w: Writer, field: number, value: string): void => {
  w.uint32((field << 3) | BYTES).string(value);
};
const integer = (w: Writer, field: number, value: number): void => {
  w.uint32((field << 3) | VARINT).int64(value);
};
const nested = (w: Writer, field: number, write: () => void): void => {
  w.uint32((field << 3) | BYTES).fork();
  write();
  w.ldelim();
};

/** The bytes of an ONNX file. Fields go out in the order of their numbers, as exporters write them. */
export function writeOnnx(model: OnnxModel): Uint8Array {
  const w = protobuf.Writer.create();
  integer(w, MODEL_FIELD.irVersion, model.irVersion ?? DEFAULT_IR_VERSION);
  text(w, MODEL_FIELD.producerName, model.producer ?? 'ferry-test');
  nested(w, MODEL_FIELD.graph, () => writeGraph(w, model.graph));
  for (const opset of model.opsets ?? [{ domain: '', version: DEFAULT_OPSET }]) {
    nested(w, MODEL_FIELD.opsetImport, () => {
      text(w, OPSET_FIELD.domain, opset.domain);
      integer(w, OPSET_FIELD.version, opset.version);
    });
  }
  for (const fn of model.functions ?? []) {
    nested(w, MODEL_FIELD.functions, () => {
      for (const node of fn.nodes) nested(w, FUNCTION_FIELD.node, () => writeNode(w, node));
    });
  }
  return w.finish();
}

function writeGraph(w: Writer, graph: OnnxGraph): void {
  for (const node of graph.nodes) nested(w, GRAPH_FIELD.node, () => writeNode(w, node));
  text(w, GRAPH_FIELD.name, graph.name ?? 'graph');
  for (const tensor of graph.initializers ?? [])
    nested(w, GRAPH_FIELD.initializer, () => writeTensor(w, tensor));
  for (const value of graph.inputs) nested(w, GRAPH_FIELD.input, () => writeValue(w, value));
  for (const value of graph.outputs) nested(w, GRAPH_FIELD.output, () => writeValue(w, value));
  for (const sparse of graph.sparseInitializers ?? []) {
    nested(w, GRAPH_FIELD.sparseInitializer, () => writeSparse(w, sparse));
  }
}

function writeNode(w: Writer, node: OnnxNode): void {
  for (const name of node.inputs) text(w, NODE_FIELD.input, name);
  for (const name of node.outputs) text(w, NODE_FIELD.output, name);
  text(w, NODE_FIELD.opType, node.op);
  for (const attribute of node.attributes ?? [])
    nested(w, NODE_FIELD.attribute, () => writeAttribute(w, attribute));
  if (node.domain !== undefined) text(w, NODE_FIELD.domain, node.domain);
}

function writeAttribute(w: Writer, attribute: OnnxAttribute): void {
  text(w, ATTRIBUTE_FIELD.name, attribute.name);
  const type = (Object.keys(ATTRIBUTE_TYPE) as (keyof typeof ATTRIBUTE_TYPE)[]).find(
    (key) => key in attribute,
  );
  if ('int' in attribute) integer(w, ATTRIBUTE_FIELD.intValue, attribute.int);
  else if ('ints' in attribute) for (const value of attribute.ints) integer(w, ATTRIBUTE_FIELD.ints, value);
  else if ('string' in attribute) text(w, ATTRIBUTE_FIELD.stringValue, attribute.string);
  else writeNestedAttribute(w, attribute);
  integer(w, ATTRIBUTE_FIELD.type, ATTRIBUTE_TYPE[type ?? 'int']);
}

function writeNestedAttribute(w: Writer, attribute: OnnxAttribute): void {
  if ('tensor' in attribute) nested(w, ATTRIBUTE_FIELD.tensor, () => writeTensor(w, attribute.tensor));
  if ('graph' in attribute) nested(w, ATTRIBUTE_FIELD.graph, () => writeGraph(w, attribute.graph));
  if ('sparseTensor' in attribute) {
    nested(w, ATTRIBUTE_FIELD.sparseTensor, () => writeSparse(w, attribute.sparseTensor));
  }
  if ('tensors' in attribute) {
    for (const tensor of attribute.tensors) nested(w, ATTRIBUTE_FIELD.tensors, () => writeTensor(w, tensor));
  }
  if ('graphs' in attribute) {
    for (const graph of attribute.graphs) nested(w, ATTRIBUTE_FIELD.graphs, () => writeGraph(w, graph));
  }
}

function writeTensor(w: Writer, tensor: OnnxTensor): void {
  for (const dim of tensor.dims) integer(w, TENSOR_FIELD.dims, dim);
  integer(w, TENSOR_FIELD.dataType, ELEMENT_TYPES.indexOf(tensor.type));
  text(w, TENSOR_FIELD.name, tensor.name);
  if (tensor.rawData) w.uint32((TENSOR_FIELD.rawData << 3) | BYTES).bytes(tensor.rawData);
  if (!tensor.external) return;
  for (const [key, value] of tensor.external) {
    nested(w, TENSOR_FIELD.externalData, () => {
      text(w, ENTRY_FIELD.key, key);
      text(w, ENTRY_FIELD.value, value);
    });
  }
  integer(w, TENSOR_FIELD.dataLocation, 1);
}

function writeSparse(w: Writer, sparse: OnnxSparseTensor): void {
  nested(w, SPARSE_TENSOR_FIELD.values, () => writeTensor(w, sparse.values));
  nested(w, SPARSE_TENSOR_FIELD.indices, () => writeTensor(w, sparse.indices));
}

function writeValue(w: Writer, value: OnnxValue): void {
  text(w, VALUE_INFO_FIELD.name, value.name);
  nested(w, VALUE_INFO_FIELD.type, () => {
    if (value.container === undefined) return writeTensorType(w, TYPE_FIELD.tensor, value);
    if (value.container === 'sparse') return writeTensorType(w, TYPE_FIELD.sparseTensor, value);
    if (value.container === 'map') {
      return nested(w, TYPE_FIELD.map, () => {
        integer(w, 1, ELEMENT_TYPES.indexOf('INT64'));
        nested(w, 2, () => writeTensorType(w, TYPE_FIELD.tensor, value));
      });
    }
    const field = value.container === 'sequence' ? TYPE_FIELD.sequence : TYPE_FIELD.optional;
    nested(w, field, () => nested(w, 1, () => writeTensorType(w, TYPE_FIELD.tensor, value)));
  });
}

function writeTensorType(w: Writer, field: number, value: OnnxValue): void {
  nested(w, field, () => {
    integer(w, TENSOR_TYPE_FIELD.elementType, ELEMENT_TYPES.indexOf(value.type));
    const { shape } = value;
    if (shape === null) return;
    nested(w, TENSOR_TYPE_FIELD.shape, () => {
      for (const dim of shape) {
        nested(w, SHAPE_FIELD.dim, () => {
          if (typeof dim === 'number') integer(w, DIM_FIELD.value, dim);
          else if (dim !== null) text(w, DIM_FIELD.param, dim);
        });
      }
    });
  });
}

/** ONNX's name of a wire datatype. */
export const ONNX_TYPE_OF: Readonly<Record<Datatype, OnnxElementType>> = {
  BOOL: 'BOOL',
  UINT8: 'UINT8',
  UINT16: 'UINT16',
  UINT32: 'UINT32',
  UINT64: 'UINT64',
  INT8: 'INT8',
  INT16: 'INT16',
  INT32: 'INT32',
  INT64: 'INT64',
  FP16: 'FLOAT16',
  BF16: 'BFLOAT16',
  FP32: 'FLOAT',
  FP64: 'DOUBLE',
  BYTES: 'STRING',
};

/** A model whose outputs are its inputs, one pair per entry: `x0 -> y0`, `x1 -> y1`, … (`x -> y` when there is one). */
export function identityModel(
  values: readonly { readonly datatype: Datatype; readonly shape: readonly OnnxDim[] }[],
  options: Pick<OnnxModel, 'irVersion' | 'opsets'> = {},
): Uint8Array {
  const suffix = (i: number): string => (values.length === 1 ? '' : String(i));
  const named = (letter: string) =>
    values.map((v, i) => ({ name: letter + suffix(i), type: ONNX_TYPE_OF[v.datatype], shape: v.shape }));
  return writeOnnx({
    ...options,
    graph: {
      nodes: values.map((_, i) => ({
        op: 'Identity',
        inputs: [`x${suffix(i)}`],
        outputs: [`y${suffix(i)}`],
      })),
      inputs: named('x'),
      outputs: named('y'),
    },
  });
}

/** `y = x + x`: tells one row from another by value. Any numeric datatype; the CPU computes FP16, INT8 … by a Cast to FP32. */
export function doublingModel(datatype: Datatype, shape: readonly OnnxDim[]): Uint8Array {
  const type = ONNX_TYPE_OF[datatype];
  const cast = (from: string, to: string, as: OnnxElementType): OnnxNode => ({
    op: 'Cast',
    inputs: [from],
    outputs: [to],
    attributes: [{ name: 'to', int: ELEMENT_TYPES.indexOf(as) }],
  });
  return writeOnnx({
    graph: {
      nodes: [
        cast('x', 'wide', 'DOUBLE'),
        { op: 'Add', inputs: ['wide', 'wide'], outputs: ['sum'] },
        cast('sum', 'y', type),
      ],
      inputs: [{ name: 'x', type, shape }],
      outputs: [{ name: 'y', type, shape }],
    },
  });
}

const floatBytes = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

export interface LinearModel {
  readonly file: Uint8Array;
  /** The weights' file when they are kept outside. */
  readonly externalData: Uint8Array | null;
}

/** `y = x * weights`, FP32, `x [batch, rows]`, `weights [rows, columns]`, optionally as external data in `externalFile`. */
export function linearModel(
  rows: number,
  columns: number,
  weights: Float32Array,
  externalFile?: string,
): LinearModel {
  const bytes = floatBytes(weights);
  const stored =
    externalFile === undefined
      ? { rawData: bytes }
      : {
          external: [
            ['location', externalFile],
            ['offset', '0'],
            ['length', String(bytes.byteLength)],
          ] as const,
        };
  const file = writeOnnx({
    graph: {
      nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
      initializers: [{ name: 'w', type: 'FLOAT', dims: [rows, columns], ...stored }],
      inputs: [{ name: 'x', type: 'FLOAT', shape: ['batch', rows] }],
      outputs: [{ name: 'y', type: 'FLOAT', shape: ['batch', columns] }],
    },
  });
  return { file, externalData: externalFile === undefined ? null : bytes };
}
