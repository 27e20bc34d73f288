import type { GraphValue } from '../onnx-types';

/** A node of the main graph, as far as the sizes of its outputs follow from it. */
export interface OutlineNode {
  operator: string;
  readonly inputs: string[];
  readonly outputs: string[];
  /** Product of its strides. */
  stride: number;
  /** Of a convolution. */
  group: number;
  /** Element type that a Cast gives; null for every other operator. */
  castTo: number | null;
}

export interface OutlineConstant {
  readonly elementType: number;
  readonly dims: readonly number[];
}

/** A large transformer has some tens of thousands; names of a file made to fill the memory can be 64 KiB each. */
const MAX_NODES = 200_000;
const MAX_TEXT_CHARS = 32 * 1024 * 1024;
/** What a record weighs beside its name, so that many small ones are bounded as well. */
const VALUE_CHARS = 64;

/** Nodes, weights' shapes and stated shapes of a graph, bounded: what is beyond is left out and `isWhole` says so. */
export class GraphOutline {
  readonly nodes: OutlineNode[] = [];
  /** Stated shapes, by name. */
  readonly values = new Map<string, GraphValue>();
  readonly constants = new Map<string, OutlineConstant>();
  #chars = 0;
  #whole = true;

  /** False: the graph has more than is kept here. */
  get isWhole(): boolean {
    return this.#whole;
  }

  add(node: OutlineNode): void {
    for (const name of [...node.inputs, ...node.outputs]) this.#chars += name.length;
    if (this.#hasRoom()) this.nodes.push(node);
  }

  push(value: GraphValue): void {
    this.#chars += value.name.length + VALUE_CHARS;
    if (this.#hasRoom()) this.values.set(value.name, value);
  }

  addConstant(name: string, elementType: number, dims: readonly number[]): void {
    this.#chars += name.length + VALUE_CHARS;
    if (this.#hasRoom()) this.constants.set(name, { elementType, dims });
  }

  #hasRoom(): boolean {
    this.#whole &&= this.nodes.length < MAX_NODES && this.#chars <= MAX_TEXT_CHARS;
    return this.#whole;
  }
}
