import { invalid } from '../base';
import type { TensorSpec } from '../contract';
import {
  bytesElementOffsets,
  checkBytesCount,
  ELEMENT_BYTES,
  elementCount,
  encodeBytesElements,
  formatShape,
  type NamedTensor,
} from '../tensor';
import type { TensorHead } from './json-tensors';

/** Hands out the bytes that follow the JSON part, tensor by tensor: views, never copies. */
export class BinaryTail {
  readonly #bytes: Uint8Array;
  readonly #length: number;
  #at: number;

  /** @param start where the tail begins in `bytes` */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#length = bytes.byteLength - start;
  }

  take(label: string, byteLength: number): Uint8Array {
    const left = this.#bytes.byteLength - this.#at;
    if (byteLength > left) {
      throw invalid(
        `${label}: binary_data_size is ${byteLength}, but ${left} of the ${this.#length} bytes after the JSON are left for it`,
      );
    }
    this.#at += byteLength;
    return this.#bytes.subarray(this.#at - byteLength, this.#at);
  }

  mustBeEmpty(): void {
    const left = this.#bytes.byteLength - this.#at;
    if (left > 0) {
      throw invalid(
        `the body has ${this.#length} bytes after the JSON, the inputs' binary_data_size add up to ${this.#length - left}`,
      );
    }
  }
}

/** Throws unless `data` is exactly what datatype and shape need. */
export function checkByteLength(
  { label, datatype, shape }: TensorHead,
  name: string,
  data: Uint8Array,
): void {
  const elementBytes = ELEMENT_BYTES[datatype];
  if (elementBytes === null) {
    const count = elementCount(shape);
    checkBytesCount(label, count);
    // Every element has a prefix of four bytes: a count beyond that is not worth walking.
    if (count * 4 > data.byteLength) {
      throw invalid(
        `${label}: shape ${formatShape(shape)} of BYTES needs at least ${count * 4} bytes, ${data.byteLength} were given`,
      );
    }
    bytesElementOffsets(data, count, name);
    return;
  }
  const needed = elementCount(shape) * elementBytes;
  if (needed !== data.byteLength) {
    throw invalid(
      `${label}: shape ${formatShape(shape)} of ${datatype} needs ${needed} bytes, ${data.byteLength} were given`,
    );
  }
}

/**
 * The input of a raw binary request (JSON part of length 0): the whole body is the data of the model's only input. A first
 * dimension that the model leaves open is 1 when another is open too; the one that is then open follows from the size.
 */
export function rawInput(body: Uint8Array, specs: readonly TensorSpec[]): NamedTensor {
  const [spec] = specs;
  if (!spec || specs.length !== 1) {
    throw invalid(
      `a request without JSON (Inference-Header-Content-Length: 0) needs a model with one input, this one has ${specs.length}`,
    );
  }
  const { name, datatype } = spec;
  const elementBytes = ELEMENT_BYTES[datatype];
  if (elementBytes === null) return rawBytesInput(body, spec);
  const shape = rawShape(body.byteLength / elementBytes, spec);
  checkByteLength({ label: `input "${name}"`, datatype, shape }, name, body);
  return { name, datatype, shape, data: body };
}

function rawBytesInput(body: Uint8Array, { name, datatype, shape }: TensorSpec): NamedTensor {
  const single = shape.map((dim) => (dim === -1 ? 1 : dim));
  if (elementCount(single) !== 1) {
    throw invalid(
      `input "${name}": a request without JSON can carry one BYTES element, the model takes ${formatShape(shape)}`,
    );
  }
  return { name, datatype, shape: single, data: encodeBytesElements([body]) };
}

function rawShape(count: number, { name, shape }: TensorSpec): number[] {
  const open = shape.filter((dim) => dim === -1).length;
  const known = shape.map((dim, axis) => (open > 1 && axis === 0 && dim === -1 ? 1 : dim));
  const axis = known.indexOf(-1);
  if (axis === -1) return known;
  if (known.indexOf(-1, axis + 1) !== -1) {
    throw invalid(
      `input "${name}": a request without JSON cannot say which form its data has, the model takes ${formatShape(shape)}`,
    );
  }
  const rest = elementCount(known.filter((dim) => dim !== -1));
  known[axis] = rest === 0 ? 0 : Math.floor(count / rest);
  return known;
}
