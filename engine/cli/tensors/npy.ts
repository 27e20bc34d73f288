import type { Datatype } from '../../contract';
import {
  decodeBytesElements,
  ELEMENT_BYTES,
  elementCount,
  encodeBytesElements,
  formatShape,
  type NamedTensor,
  type Tensor,
} from '../../tensor';
import { failure } from '../cli-error';
import { quoted } from '../command-values';
import { castTensor } from './elements';

/** "\x93NUMPY" */
const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const HEADER_LIMIT_BYTES = 64 * 1024;
const RANK_LIMIT = 64;
/** The header ends at a multiple of this, as NumPy writes it, so that the data can be mapped. */
const ALIGNMENT_BYTES = 64;

const DATATYPES: Readonly<Record<string, Datatype>> = {
  b1: 'BOOL',
  u1: 'UINT8',
  u2: 'UINT16',
  u4: 'UINT32',
  u8: 'UINT64',
  i1: 'INT8',
  i2: 'INT16',
  i4: 'INT32',
  i8: 'INT64',
  f2: 'FP16',
  f4: 'FP32',
  f8: 'FP64',
};

/**
 * The array in a `.npy` file, as `numpy.save` writes it. Fortran order becomes row-major; fixed-length byte strings (`S`) become BYTES
 * without the zero bytes that fill them.
 *
 * @param label how messages call the file
 * Errors: CliError naming what stands in the file and what to do about it.
 */
export function readNpy(label: string, file: Uint8Array): Tensor {
  const { header, dataStart } = headerOf(label, file);
  const descr = /'descr'\s*:\s*('[^']*'|"[^"]*"|\[)/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const dims = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (descr === undefined || order === undefined || dims === undefined)
    throw failure(`${label}: the header ${quoted(header)} lacks descr, fortran_order or shape`);
  if (descr === '[')
    throw failure(`${label}: it holds records; save each field by itself: np.save(f, a["field"])`);
  const shape = shapeOf(label, dims);
  const { kind, bytes } = elementOf(label, descr.slice(1, -1));
  const data = file.subarray(dataStart);
  const needed = elementCount(shape) * bytes;
  if (needed !== data.byteLength)
    throw failure(
      `${label}: shape ${formatShape(shape)} of ${descr} needs ${needed} bytes, ${data.byteLength} follow the header`,
    );
  const ordered = order === 'True' ? rowMajor(data, shape, bytes) : data;
  const datatype = DATATYPES[kind];
  if (datatype !== undefined) return { datatype, shape, data: ordered };
  return { datatype: 'BYTES', shape, data: stringsOf(ordered, elementCount(shape), bytes) };
}

function headerOf(label: string, file: Uint8Array): { header: string; dataStart: number } {
  if (!MAGIC.every((byte, i) => file[i] === byte))
    throw failure(`${label}: it is no .npy file (no "\\x93NUMPY" at its start)`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const major = file[6] ?? 0;
  const sizeBytes = major === 1 ? 2 : 4;
  if (major < 1 || major > 3) throw failure(`${label}: .npy version ${major} is not known; 1 to 3 are`);
  const start = 8 + sizeBytes;
  if (file.byteLength < start) throw failure(`${label}: the file ends within its header`);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > HEADER_LIMIT_BYTES)
    throw failure(
      `${label}: its header says it is ${length} bytes long; at most ${HEADER_LIMIT_BYTES} are read`,
    );
  if (start + length > file.byteLength) throw failure(`${label}: the file ends within its header`);
  const header = Buffer.from(file.subarray(start, start + length))
    .toString('utf8')
    .trim();
  return { header, dataStart: start + length };
}

function shapeOf(label: string, dims: string): number[] {
  const shape = dims
    .split(',')
    .map((part) => part.replace('L', '').trim())
    .filter((part) => part !== '')
    .map(Number);
  if (shape.length > RANK_LIMIT)
    throw failure(`${label}: it has ${shape.length} dimensions; at most ${RANK_LIMIT} are read`);
  if (!Number.isSafeInteger(elementCount(shape)))
    throw failure(`${label}: shape ${formatShape(shape)} has more elements than can be counted`);
  return shape;
}

/** NumPy's type code without its byte order, and the bytes of one element. */
function elementOf(label: string, descr: string): { kind: string; bytes: number } {
  const [, order = '', kind = '', size = ''] = /^([<>=|]?)([a-zA-Z])(\d{0,6})$/.exec(descr) ?? [];
  const bytes = Number(size);
  if (order === '>' && bytes > 1)
    throw failure(
      `${label}: ${quoted(descr)} is big-endian; save it as little-endian: np.save(f, a.astype("<${kind}${size}"))`,
    );
  if (kind === 'U')
    throw failure(
      `${label}: ${quoted(descr)} is Unicode text; save it as bytes: np.save(f, np.char.encode(a, "utf-8"))`,
    );
  if (kind === 'O')
    throw failure(
      `${label}: it holds Python objects, which are not read; for text: np.save(f, a.astype("S"))`,
    );
  if (kind === 'S' && bytes > 0) return { kind, bytes };
  if (DATATYPES[kind + size] === undefined)
    throw failure(`${label}: ${quoted(descr)} has no counterpart among the protocol's datatypes`);
  return { kind: kind + size, bytes };
}

/** Column-major data as row-major. */
function rowMajor(data: Uint8Array, shape: readonly number[], bytes: number): Uint8Array {
  const result = new Uint8Array(data.byteLength);
  const index = shape.map(() => 0);
  // Where the element of `index` lies in the source: the first axis moves by one element, each next by what those before it hold.
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, dim) => product * dim, bytes));
  for (let to = 0; to < result.byteLength; to += bytes) {
    let from = 0;
    for (let axis = 0; axis < shape.length; axis++) from += (index[axis] ?? 0) * (strides[axis] ?? 0);
    result.set(data.subarray(from, from + bytes), to);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      index[axis] = next === shape[axis] ? 0 : next;
      if (next !== shape[axis]) break;
    }
  }
  return result;
}

function stringsOf(data: Uint8Array, count: number, bytes: number): Uint8Array {
  const elements = Array.from({ length: count }, (_, i) => {
    const element = data.subarray(i * bytes, (i + 1) * bytes);
    let end = bytes;
    while (end > 0 && element[end - 1] === 0) end--;
    return element.subarray(0, end);
  });
  return encodeBytesElements(elements);
}

/**
 * A tensor as a `.npy` file that `numpy.load` reads. BF16, which NumPy has not, becomes FP32, which holds the same numbers; BYTES become
 * fixed-length byte strings. Errors: CliError for BYTES that end with a zero byte, which NumPy would drop.
 */
export function writeNpy(tensor: NamedTensor): Uint8Array {
  if (tensor.datatype === 'BF16')
    return writeNpy({ ...castTensor(tensor.name, tensor, 'FP32'), name: tensor.name });
  const { descr, data } = tensor.datatype === 'BYTES' ? fixedStrings(tensor) : numbers(tensor);
  const dims = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(', ');
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`;
  const prefix = MAGIC.byteLength + 4;
  const length = Math.ceil((prefix + dictionary.length + 1) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES - prefix;
  const size = Buffer.alloc(2);
  size.writeUInt16LE(length);
  const header = `${dictionary.padEnd(length - 1)}\n`;
  return Buffer.concat([MAGIC, Uint8Array.of(1, 0), size, Buffer.from(header, 'latin1'), data]);
}

function numbers({ datatype, data }: NamedTensor): { descr: string; data: Uint8Array } {
  const code = Object.entries(DATATYPES).find(([, known]) => known === datatype)?.[0];
  return { descr: `${ELEMENT_BYTES[datatype] === 1 ? '|' : '<'}${code}`, data };
}

function fixedStrings({ name, shape, data }: NamedTensor): { descr: string; data: Uint8Array } {
  const elements = decodeBytesElements(data, elementCount(shape), name);
  const bytes = Math.max(1, ...elements.map((element) => element.byteLength));
  const result = new Uint8Array(elements.length * bytes);
  elements.forEach((element, i) => {
    if (element.at(-1) === 0)
      throw failure(`output "${name}": element ${i} ends with a zero byte, which a .npy file cannot keep`);
    result.set(element, i * bytes);
  });
  return { descr: `|S${bytes}`, data: result };
}
