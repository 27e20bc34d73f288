export * from './control-messages';
export { decodeModelInferRequest, versionOf } from './decode-infer';
export {
  type EncodedMessage,
  encodeModelInferResponse,
  encodeStreamAnswer,
  encodeStreamError,
} from './encode-infer';
export { decodeMessage, encodeMessage, type FileDescriptor, fileDescriptors, messageType } from './schema';
