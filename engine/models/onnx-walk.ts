import { EngineError } from '../base';
import type { ExternalReference } from './external-data';
import { GraphOutline, type OutlineNode } from './memory/graph-outline';
import {
  ATTRIBUTE_FIELD,
  DIM_FIELD,
  ENTRY_FIELD,
  FUNCTION_FIELD,
  GRAPH_FIELD,
  MODEL_FIELD,
  NODE_FIELD,
  OPSET_FIELD,
  SHAPE_FIELD,
  SPARSE_TENSOR_FIELD,
  TENSOR_FIELD,
  TENSOR_TYPE_FIELD,
  TRAINING_FIELD,
  TYPE_FIELD,
  VALUE_INFO_FIELD,
} from './onnx-schema';
import { checkRawBytes, type GraphValue, tensorBytes } from './onnx-types';
import { WIRE, type WireField, type WireReader } from './wire-reader';

const MAX_NAME_BYTES = 64 * 1024;
const MAX_RANK = 1000;
/** Concat and Split of generated models have some thousands; further ones are not looked at. */
const MAX_EDGES = 10_000;
/** A list of strides is not longer; the product of any other list is not used. */
const MAX_STRIDES_BYTES = 64;

/** Everything that one pass over an ONNX file collects. */
export interface OnnxWalk {
  irVersion: number | null;
  producerName: string;
  producerVersion: string;
  graphs: number;
  nodeCount: number;
  readonly opsets: { domain: string; version: number }[];
  /** Operators by name ("Conv", "com.microsoft.FusedConv"), subgraphs and functions included. */
  readonly operators: Map<string, number>;
  readonly inputs: GraphValue[];
  readonly outputs: GraphValue[];
  /** Names of the main graph's initializers: inputs of these names have a default. */
  readonly initializers: Set<string>;
  /** Bytes of the tensors inside the file: initializers and constants. */
  weightBytes: number;
  readonly external: ExternalReference[];
  /** What the estimate of its memory is made from. */
  readonly outline: GraphOutline;
}

export function emptyWalk(): OnnxWalk {
  return {
    irVersion: null,
    producerName: '',
    producerVersion: '',
    graphs: 0,
    nodeCount: 0,
    opsets: [],
    operators: new Map(),
    inputs: [],
    outputs: [],
    initializers: new Set(),
    weightBytes: 0,
    external: [],
    outline: new GraphOutline(),
  };
}

type Visit = Promise<void> | undefined;

interface ValueSink {
  push(value: GraphValue): unknown;
}

/**
 * One pass over a model: names, types and references are read, weights are stepped over. A singular message that occurs
 * twice is visited twice, as protobuf would merge both: nothing can hide in a second copy.
 */
export class OnnxWalker {
  constructor(
    private readonly reader: WireReader,
    private readonly found: OnnxWalk,
  ) {}

  model(): Promise<void> {
    return this.reader.walk(0, this.reader.size, 1, (field) => this.modelField(field));
  }

  private modelField(field: WireField): Visit {
    const { found } = this;
    if (field.number === MODEL_FIELD.irVersion && field.wireType === WIRE.varint) {
      found.irVersion = field.value;
      return undefined;
    }
    if (field.wireType !== WIRE.bytes) return undefined;
    switch (field.number) {
      case MODEL_FIELD.producerName:
        return this.text(field, (text) => {
          found.producerName = text;
        });
      case MODEL_FIELD.producerVersion:
        return this.text(field, (text) => {
          found.producerVersion = text;
        });
      case MODEL_FIELD.graph:
        found.graphs += 1;
        return this.graph(field, 2, true);
      case MODEL_FIELD.opsetImport:
        return this.opset(field);
      case MODEL_FIELD.trainingInfo:
        return this.training(field);
      case MODEL_FIELD.functions:
        return this.function(field);
      default:
        return undefined;
    }
  }

  private async opset(field: WireField): Promise<void> {
    let domain = '';
    let version = 0;
    await this.reader.walk(field.start, field.end, 2, (f) => {
      if (f.number === OPSET_FIELD.version && f.wireType === WIRE.varint) version = f.value;
      if (f.number === OPSET_FIELD.domain && f.wireType === WIRE.bytes)
        return this.text(f, (text) => {
          domain = text;
        });
      return undefined;
    });
    this.found.opsets.push({ domain, version });
  }

  private training(field: WireField): Promise<void> {
    return this.reader.walk(field.start, field.end, 2, (f) => {
      const isGraph = f.number === TRAINING_FIELD.initialization || f.number === TRAINING_FIELD.algorithm;
      return isGraph && f.wireType === WIRE.bytes ? this.graph(f, 3, false) : undefined;
    });
  }

  private function(field: WireField): Promise<void> {
    return this.reader.walk(field.start, field.end, 2, (f) => {
      if (f.wireType !== WIRE.bytes) return undefined;
      if (f.number === FUNCTION_FIELD.node) return this.node(f, 3, false);
      if (f.number === FUNCTION_FIELD.attributeProto) return this.attribute(f, 3, 'function');
      return undefined;
    });
  }

  private graph(field: WireField, depth: number, main: boolean): Promise<void> {
    return this.reader.walk(field.start, field.end, depth, (f) => {
      if (f.wireType !== WIRE.bytes) return undefined;
      switch (f.number) {
        case GRAPH_FIELD.node:
          return this.node(f, depth + 1, main);
        case GRAPH_FIELD.initializer:
          return this.tensor(f, depth + 1, 'initializer', main);
        case GRAPH_FIELD.sparseInitializer:
          return this.sparse(f, depth + 1, 'sparse initializer', main);
        case GRAPH_FIELD.input:
          return main ? this.value(f, depth + 1, this.found.inputs) : undefined;
        case GRAPH_FIELD.output:
          return main ? this.value(f, depth + 1, this.found.outputs) : undefined;
        case GRAPH_FIELD.valueInfo:
          return main ? this.value(f, depth + 1, this.found.outline) : undefined;
        default:
          return undefined;
      }
    });
  }

  private async node(field: WireField, depth: number, main: boolean): Promise<void> {
    const node: OutlineNode = { operator: '', inputs: [], outputs: [], stride: 1, group: 1, castTo: null };
    let domain = '';
    await this.reader.walk(field.start, field.end, depth, (f) => {
      if (f.wireType !== WIRE.bytes) return undefined;
      switch (f.number) {
        case NODE_FIELD.opType:
          return this.text(f, (text) => {
            node.operator = text;
          });
        case NODE_FIELD.domain:
          return this.text(f, (text) => {
            domain = text;
          });
        case NODE_FIELD.input:
          return this.edge(f, main, node.inputs);
        case NODE_FIELD.output:
          return this.edge(f, main, node.outputs);
        case NODE_FIELD.attribute:
          return this.attribute(f, depth + 1, 'node', node);
        default:
          return undefined;
      }
    });
    const key = domain === '' || domain === 'ai.onnx' ? node.operator : `${domain}.${node.operator}`;
    this.found.nodeCount += 1;
    this.found.operators.set(key, (this.found.operators.get(key) ?? 0) + 1);
    if (main) this.found.outline.add(node);
  }

  private edge(f: WireField, main: boolean, into: string[]): Visit {
    if (!main || into.length >= MAX_EDGES) return undefined;
    return this.text(f, (text) => {
      into.push(text);
    });
  }

  private async attribute(
    field: WireField,
    depth: number,
    owner: string,
    node: OutlineNode | null = null,
  ): Promise<void> {
    let name = '';
    let int = 0;
    let product = 1;
    await this.reader.walk(field.start, field.end, depth, (f) => {
      switch (f.number) {
        case ATTRIBUTE_FIELD.name:
          if (!node || f.wireType !== WIRE.bytes) return undefined;
          return this.text(f, (text) => {
            name = text;
          });
        case ATTRIBUTE_FIELD.int:
          int = f.value;
          return undefined;
        case ATTRIBUTE_FIELD.ints:
          return node && f.end - f.start <= MAX_STRIDES_BYTES
            ? this.reader.varints(f, MAX_STRIDES_BYTES, (value) => {
                product *= value;
              })
            : undefined;
        default:
          return this.attributeTensors(f, depth, owner);
      }
    });
    if (node) describeNode(node, name, int, product);
  }

  private attributeTensors(f: WireField, depth: number, owner: string): Visit {
    if (f.wireType !== WIRE.bytes) return undefined;
    switch (f.number) {
      case ATTRIBUTE_FIELD.tensor:
      case ATTRIBUTE_FIELD.tensors:
        return this.tensor(f, depth + 1, `${owner} attribute`, false);
      case ATTRIBUTE_FIELD.sparseTensor:
      case ATTRIBUTE_FIELD.sparseTensors:
        return this.sparse(f, depth + 1, `sparse ${owner} attribute`, false);
      case ATTRIBUTE_FIELD.graph:
      case ATTRIBUTE_FIELD.graphs:
        return this.graph(f, depth + 1, false);
      default:
        return undefined;
    }
  }

  private sparse(field: WireField, depth: number, role: string, main: boolean): Promise<void> {
    return this.reader.walk(field.start, field.end, depth, (f) => {
      if (f.wireType !== WIRE.bytes) return undefined;
      if (f.number === SPARSE_TENSOR_FIELD.values) return this.tensor(f, depth + 1, role, main);
      if (f.number === SPARSE_TENSOR_FIELD.indices)
        return this.tensor(f, depth + 1, `indices of a ${role}`, false);
      return undefined;
    });
  }

  private async tensor(field: WireField, depth: number, role: string, initializer: boolean): Promise<void> {
    let name = '';
    let elementType = 0;
    let rawBytes: number | null = null;
    let marked = false;
    const dims: number[] = [];
    const entries: [string, string][] = [];
    await this.reader.walk(field.start, field.end, depth, (f) => {
      switch (f.number) {
        case TENSOR_FIELD.dims:
          return this.reader.varints(f, MAX_RANK, (value) => dims.push(value));
        case TENSOR_FIELD.dataType:
          elementType = f.value;
          return undefined;
        case TENSOR_FIELD.dataLocation:
          marked = f.value === 1;
          return undefined;
        case TENSOR_FIELD.rawData:
          rawBytes = f.end - f.start;
          return undefined;
        case TENSOR_FIELD.name:
          return this.text(f, (text) => {
            name = text;
          });
        case TENSOR_FIELD.externalData:
          return this.entry(f, depth + 1, entries);
        default:
          return undefined;
      }
    });
    const tensor = `${role} "${name}"`;
    if (marked || entries.length > 0) this.found.external.push({ tensor, entries, marked });
    else checkRawBytes(tensor, elementType, dims, rawBytes);
    this.found.weightBytes += rawBytes ?? (marked ? 0 : (tensorBytes(elementType, dims) ?? 0));
    if (!initializer) return;
    this.found.initializers.add(name);
    this.found.outline.addConstant(name, elementType, dims);
  }

  private async entry(field: WireField, depth: number, entries: [string, string][]): Promise<void> {
    let key = '';
    let value = '';
    await this.reader.walk(field.start, field.end, depth, (f) => {
      if (f.wireType !== WIRE.bytes) return undefined;
      if (f.number === ENTRY_FIELD.key)
        return this.text(f, (text) => {
          key = text;
        });
      if (f.number === ENTRY_FIELD.value)
        return this.text(f, (text) => {
          value = text;
        });
      return undefined;
    });
    entries.push([key, value]);
  }

  private async value(field: WireField, depth: number, into: ValueSink): Promise<void> {
    let name = '';
    let type: Omit<GraphValue, 'name'> = { kind: 'untyped', elementType: 0, shape: null };
    await this.reader.walk(field.start, field.end, depth, (f) => {
      if (f.wireType !== WIRE.bytes) return undefined;
      if (f.number === VALUE_INFO_FIELD.name)
        return this.text(f, (text) => {
          name = text;
        });
      if (f.number !== VALUE_INFO_FIELD.type) return undefined;
      return this.reader.walk(f.start, f.end, depth + 1, (t) => {
        const kind = VALUE_KINDS.get(t.number);
        if (kind === undefined || t.wireType !== WIRE.bytes) return undefined;
        type = { kind, elementType: 0, shape: null };
        if (kind !== 'tensor') return undefined;
        return this.tensorType(t, depth + 2).then((read) => {
          type = read;
        });
      });
    });
    into.push({ name, ...type });
  }

  private async tensorType(field: WireField, depth: number): Promise<Omit<GraphValue, 'name'>> {
    let elementType = 0;
    let shape: { size: number; name: string | null }[] | null = null;
    await this.reader.walk(field.start, field.end, depth, (f) => {
      if (f.number === TENSOR_TYPE_FIELD.elementType && f.wireType === WIRE.varint) elementType = f.value;
      if (f.number !== TENSOR_TYPE_FIELD.shape || f.wireType !== WIRE.bytes) return undefined;
      const dims = shape ?? [];
      shape = dims;
      return this.reader.walk(f.start, f.end, depth + 1, (d) => {
        if (d.number !== SHAPE_FIELD.dim || d.wireType !== WIRE.bytes) return undefined;
        if (dims.length >= MAX_RANK)
          throw new EngineError('MODEL_INVALID', `a tensor of more than ${MAX_RANK} dimensions`);
        return this.dimension(d, depth + 2).then((dim) => {
          dims.push(dim);
        });
      });
    });
    return { kind: 'tensor', elementType, shape };
  }

  private async dimension(field: WireField, depth: number): Promise<{ size: number; name: string | null }> {
    let dim: { size: number; name: string | null } = { size: -1, name: null };
    await this.reader.walk(field.start, field.end, depth, (f) => {
      // Some exporters write -1 for an open dimension; a size beyond counting is none either.
      if (f.number === DIM_FIELD.value && f.wireType === WIRE.varint) {
        dim = { size: f.value >= 0 && Number.isSafeInteger(f.value) ? f.value : -1, name: null };
      }
      if (f.number !== DIM_FIELD.param || f.wireType !== WIRE.bytes) return undefined;
      return this.text(f, (text) => {
        dim = { size: -1, name: text === '' ? null : text };
      });
    });
    return dim;
  }

  private text(field: WireField, then: (text: string) => void): Promise<void> {
    return this.reader.text(field, MAX_NAME_BYTES).then(then);
  }
}

/** Takes over what the size of a node's output follows from. */
function describeNode(node: OutlineNode, attribute: string, int: number, product: number): void {
  if (attribute === 'strides') node.stride = product;
  if (attribute === 'group') node.group = int;
  if (attribute === 'to') node.castTo = int;
}

const VALUE_KINDS: ReadonlyMap<number, GraphValue['kind']> = new Map([
  [TYPE_FIELD.tensor, 'tensor'],
  [TYPE_FIELD.sequence, 'sequence'],
  [TYPE_FIELD.map, 'map'],
  [TYPE_FIELD.sparseTensor, 'sparse tensor'],
  [TYPE_FIELD.optional, 'optional'],
]);
