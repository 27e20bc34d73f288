import { isUtf8 } from 'node:buffer';
import { invalid } from '../base';
import type { Datatype } from '../contract';
import { decodeBytesElements, elementCount, type NamedTensor } from '../tensor';
import { fromBfloat16, fromFloat16 } from './half-floats';
import type { JsonText } from './json-text';

const COMMA = 0x2c;

/** Writes one element of a tensor; `offset` is where its bytes begin. */
type WriteElement = (text: JsonText, view: DataView, offset: number) => void;

const WRITERS: Readonly<
  Record<Exclude<Datatype, 'BYTES' | 'FP32'>, { readonly bytes: number; readonly write: WriteElement }>
> = {
  BOOL: { bytes: 1, write: (text, view, at) => text.raw(view.getUint8(at) === 0 ? 'false' : 'true') },
  UINT8: { bytes: 1, write: (text, view, at) => text.whole(view.getUint8(at)) },
  INT8: { bytes: 1, write: (text, view, at) => text.whole(view.getInt8(at)) },
  UINT16: { bytes: 2, write: (text, view, at) => text.whole(view.getUint16(at, true)) },
  INT16: { bytes: 2, write: (text, view, at) => text.whole(view.getInt16(at, true)) },
  UINT32: { bytes: 4, write: (text, view, at) => text.whole(view.getUint32(at, true)) },
  INT32: { bytes: 4, write: (text, view, at) => text.whole(view.getInt32(at, true)) },
  // Digit for digit: a double holds no more than 2^53.
  UINT64: { bytes: 8, write: (text, view, at) => text.whole(view.getBigUint64(at, true)) },
  INT64: { bytes: 8, write: (text, view, at) => text.whole(view.getBigInt64(at, true)) },
  FP16: { bytes: 2, write: (text, view, at) => text.single(fromFloat16(view.getUint16(at, true))) },
  BF16: { bytes: 2, write: (text, view, at) => text.single(fromBfloat16(view.getUint16(at, true))) },
  FP64: { bytes: 8, write: (text, view, at) => text.double(view.getFloat64(at, true)) },
};

/**
 * Writes the elements of a tensor as JSON, flat and row-major, without brackets. The bytes may begin at any offset of their
 * buffer. Throws INVALID_ARGUMENT for a BYTES element that is not UTF-8.
 */
export function writeJsonData(text: JsonText, tensor: NamedTensor): void {
  const { data, datatype } = tensor;
  if (datatype === 'BYTES') {
    writeStrings(text, tensor);
    return;
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (datatype === 'FP32') {
    // Most outputs are FP32: a loop of its own keeps the call in it direct.
    for (let at = 0; at < data.byteLength; at += 4) {
      if (at > 0) text.byte(COMMA);
      text.single(view.getFloat32(at, true));
    }
    return;
  }
  const { bytes, write } = WRITERS[datatype];
  for (let at = 0; at < data.byteLength; at += bytes) {
    if (at > 0) text.byte(COMMA);
    write(text, view, at);
  }
}

function writeStrings(text: JsonText, { name, data, shape }: NamedTensor): void {
  decodeBytesElements(data, elementCount(shape), name).forEach((element, i) => {
    if (!isUtf8(element)) {
      throw invalid(
        `output "${name}": element ${i} is not valid UTF-8 and has no JSON form; ask for it as binary data (parameters.binary_data: true)`,
      );
    }
    if (i > 0) text.byte(COMMA);
    text.quoted(Buffer.from(element.buffer, element.byteOffset, element.byteLength).toString());
  });
}
