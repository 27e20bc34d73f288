import type { Datatype } from '../contract';

/**
 * A tensor: raw little-endian bytes, row-major, with datatype and shape. BYTES elements are a uint32 length and that many
 * bytes, one after the other (the protocol's binary form). The bytes are never written after the tensor is made.
 */
export interface Tensor {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A tensor under the name that the model gives it. */
export interface NamedTensor extends Tensor {
  readonly name: string;
}
