import type { CancelSignal, InferenceRequest } from '../inference';
import type { NamedTensor } from '../tensor';

/** An FP32 tensor `[rows, ...inner]` whose values are given, or count up from 0. */
export function fp32(name: string, shape: readonly number[], values?: readonly number[]): NamedTensor {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const floats = Float32Array.from({ length: count }, (_, i) => values?.[i] ?? i);
  return { name, datatype: 'FP32', shape, data: new Uint8Array(floats.buffer) };
}

export function floatsOf(tensor: { readonly data: Uint8Array } | undefined): number[] {
  if (!tensor) return [];
  const copy = tensor.data.slice();
  return [...new Float32Array(copy.buffer)];
}

export function buildRequest(
  inputs: readonly NamedTensor[],
  more: Partial<InferenceRequest> = {},
): InferenceRequest {
  return {
    model: 'm',
    version: null,
    id: '',
    inputs,
    outputs: null,
    binaryByDefault: false,
    parameters: new Map(),
    ...more,
  };
}

export class TestCancelSignal implements CancelSignal {
  code: CancelSignal['code'] = 'CANCELLED';
  cancelled = false;
  onCancel: (() => void) | null = null;

  cancel(): void {
    this.cancelled = true;
    this.onCancel?.();
  }
}
