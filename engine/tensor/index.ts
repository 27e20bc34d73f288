export {
  BYTES_ELEMENT_LIMIT,
  bytesElementOffsets,
  checkBytesCount,
  decodeBytesElements,
  encodeBytesElements,
} from './bytes-elements';
export { concatRows } from './concat';
export { ELEMENT_BYTES } from './datatype';
export { elementCount, formatShape } from './shape';
export { splitRows } from './slice';
export type { NamedTensor, Tensor } from './tensor';
