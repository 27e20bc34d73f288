import type { GraphValue } from '../onnx-types';
import { type ActivationPeak, activationPeak, packedBytes } from './activation-peak';
import type { GraphOutline } from './graph-outline';
import { OPEN_DIMENSION } from './value-size';

/** What one session takes, by its graph alone. */
export interface GraphMemory {
  /** Initializers and constants, inside and outside the file. */
  readonly weightBytes: number;
  /** Of these, what the CPU kernels keep a packed copy of. */
  readonly packedBytes: number;
  readonly peak: ActivationPeak;
  /** What the figures leave out or take for granted; empty when there is nothing to say. */
  readonly cautions: readonly string[];
}

/** @param inputs those that a request brings */
export function graphMemory(
  outline: GraphOutline,
  weightBytes: number,
  inputs: readonly GraphValue[],
  outputs: readonly GraphValue[],
): GraphMemory {
  const peak = activationPeak(outline, inputs, outputs);
  return {
    weightBytes,
    packedBytes: packedBytes(outline),
    peak,
    cautions: cautionsOf(outline, peak, inputs),
  };
}

const WITH_BODY = new Set(['If', 'Loop', 'Scan']);

function cautionsOf(
  { nodes, isWhole }: GraphOutline,
  { known }: ActivationPeak,
  inputs: readonly GraphValue[],
): readonly string[] {
  const open = new Set<string>();
  for (const { name, shape } of inputs)
    shape?.forEach((dim, axis) => {
      if (axis > 0 && dim.size < 0) open.add(dim.name ?? `${name}[${axis}]`);
    });
  const cautions: string[] = [];
  // Rounded down: "100 %" is said of all.
  if (known < 1)
    cautions.push(
      `sizes of ${Math.floor(known * 100)} % of the values are known, others are taken as large as their input`,
    );
  if (open.size > 0) cautions.push(`${[...open].slice(0, 5).join(', ')} taken as ${OPEN_DIMENSION}`);
  if (nodes.some(({ operator }) => WITH_BODY.has(operator)))
    cautions.push('bodies of If, Loop and Scan are not counted');
  if (!isWhole) cautions.push('the graph is too large to be looked at as a whole');
  return cautions;
}
