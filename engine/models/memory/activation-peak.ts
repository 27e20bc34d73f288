import type { GraphValue } from '../onnx-types';
import type { GraphOutline, OutlineNode } from './graph-outline';
import { derivedSize, elementBytes, statedSize, type ValueSize } from './value-size';

/** Bytes that are alive together at one point of a run: `fixed`, and `perRow` for each row of the batch. */
export interface LiveBytes {
  readonly fixed: number;
  readonly perRow: number;
}

/** What the graph says of the memory that a run needs beside the weights. */
export interface ActivationPeak {
  /** The points of the run of which one is the largest, whatever the batch. */
  readonly points: readonly LiveBytes[];
  /** Share of the values whose size the file states or a rule gives, 0 to 1; the rest is taken as large as its largest input. */
  readonly known: number;
}

/** Weights that the CPU kernels keep a packed copy of. */
const PACKED = new Set(['MatMul', 'Gemm', 'Conv', 'MatMulInteger', 'ConvInteger', 'QLinearMatMul']);

/** The runtime writes their result over the input when nobody needs it any more. */
const IN_PLACE = new Set(
  `Abs Add Cast Ceil Clip Div Dropout Elu Exp Flatten Floor HardSigmoid HardSwish Identity LeakyRelu Log Mul Neg Pow Reciprocal
  Relu Reshape Round Selu Sigmoid Softmax Sqrt Squeeze Sub Tanh Unsqueeze`.split(/\s+/),
);

/** Bytes alive in the largest point for a batch of `rows`. */
export function activationBytesAt({ points }: ActivationPeak, rows: number): number {
  return points.reduce((most, { fixed, perRow }) => Math.max(most, fixed + perRow * rows), 0);
}

/**
 * Walks the nodes in the file's order, which is one the runtime may run them in, and adds up what is alive: a value from the node
 * that makes it to the last that reads it, inputs and outputs of the graph to the end. Each point is affine in the rows, so
 * those that are nowhere the largest are dropped and the rest answers for every batch size. Linear in the nodes.
 */
export function activationPeak(
  outline: GraphOutline,
  inputs: readonly GraphValue[],
  outputs: readonly GraphValue[],
): ActivationPeak {
  const { sizes, known } = sizeValues(outline, inputs, outputs);
  const kept = new Set([...inputs, ...outputs].map(({ name }) => name));
  const lastReader = new Map<string, number>();
  outline.nodes.forEach((node, at) => {
    for (const name of node.inputs) lastReader.set(name, at);
  });
  const live = new LiveSet(sizes);
  for (const { name } of inputs) live.add(name);
  const points: LiveBytes[] = [live.bytes];
  outline.nodes.forEach((node, at) => {
    const ending = node.inputs.filter((name) => lastReader.get(name) === at && !kept.has(name));
    const reused = IN_PLACE.has(node.operator) ? ending.find((name) => live.fits(name, node)) : undefined;
    if (reused !== undefined) live.delete(reused);
    for (const name of node.outputs) live.add(name);
    points.push(live.bytes);
    for (const name of ending) live.delete(name);
    for (const name of node.outputs) if (!lastReader.has(name) && !kept.has(name)) live.delete(name);
  });
  return { points: largestPoints(points), known };
}

/** Bytes of the weights that are held a second time in the form that the kernels read. */
export function packedBytes({ nodes, constants }: GraphOutline): number {
  const names = new Set(nodes.filter(({ operator }) => PACKED.has(operator)).flatMap((node) => node.inputs));
  let bytes = 0;
  for (const [name, { elementType, dims }] of constants)
    if (names.has(name) && dims.length > 1)
      bytes += dims.reduce((product, dim) => product * dim, elementBytes(elementType));
  return bytes;
}

function sizeValues(
  outline: GraphOutline,
  inputs: readonly GraphValue[],
  outputs: readonly GraphValue[],
): { readonly sizes: ReadonlyMap<string, ValueSize>; readonly known: number } {
  const batchName = inputs.find(({ shape }) => shape?.[0]?.size === -1)?.shape?.[0]?.name ?? null;
  const stated = new Map(outline.values);
  for (const value of [...inputs, ...outputs]) stated.set(value.name, value);
  const statedOf = (name: string) => statedSize(stated.get(name), batchName);
  const sizes = new Map<string, ValueSize>();
  const take = (name: string, size: ValueSize | null) => size && sizes.set(name, size);
  for (const { name } of inputs) take(name, statedOf(name));
  let guessed = 0;
  let all = 0;
  for (const node of outline.nodes) {
    const derived = derivedSize(node, (name) => sizes.get(name), outline);
    for (const name of node.outputs.filter((output) => output !== '')) {
      const inFile = statedOf(name);
      take(name, inFile ?? derived.size);
      all += 1;
      guessed += inFile || derived.isSure ? 0 : 1;
    }
  }
  return { sizes, known: 1 - guessed / Math.max(1, all) };
}

class LiveSet {
  readonly #live = new Set<string>();
  #fixed = 0;
  #perRow = 0;

  constructor(private readonly sizes: ReadonlyMap<string, ValueSize>) {}

  get bytes(): LiveBytes {
    return { fixed: this.#fixed, perRow: this.#perRow };
  }

  add(name: string): void {
    if (!this.#live.has(name) && this.sizes.has(name)) this.#count(name, 1);
    this.#live.add(name);
  }

  delete(name: string): void {
    if (this.#live.delete(name)) this.#count(name, -1);
  }

  /** The output of the node can be written over this input. */
  fits(name: string, { outputs }: OutlineNode): boolean {
    const [input, output] = [this.#bytesOf(name), this.#bytesOf(outputs[0] ?? '')];
    return this.#live.has(name) && input.fixed === output.fixed && input.perRow === output.perRow;
  }

  #bytesOf(name: string): LiveBytes {
    const size = this.sizes.get(name);
    const bytes = size ? size.elements * elementBytes(size.elementType) : 0;
    return size?.perRow ? { fixed: 0, perRow: bytes } : { fixed: bytes, perRow: 0 };
  }

  #count(name: string, sign: 1 | -1): void {
    const { fixed, perRow } = this.#bytesOf(name);
    this.#fixed += sign * fixed;
    this.#perRow += sign * perRow;
  }
}

/** Those that no other is at least as large as in both. */
function largestPoints(points: readonly LiveBytes[]): readonly LiveBytes[] {
  const sorted = [...points].sort((a, b) => b.perRow - a.perRow || b.fixed - a.fixed);
  const kept: LiveBytes[] = [];
  for (const point of sorted) if (point.fixed > (kept.at(-1)?.fixed ?? -1)) kept.push(point);
  return kept;
}
