export {
  checkUnloadRequest,
  decodeIndexRequest,
  decodeLoadRequest,
  encodeRepositoryIndex,
} from './control-bodies';
export { decodeInferRequest, type EncodedInferRequest } from './decode-infer-request';
export { type DecodedInferResponse, decodeInferResponse } from './decode-infer-response';
export { encodeInferRequest } from './encode-infer-request';
export { type EncodedInferResponse, encodeInferResponse } from './encode-infer-response';
export * from './grpc';
export { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half-floats';
export { JsonScanner } from './json-scanner';
export { encodeModelMetadata, encodeServerMetadata } from './metadata';
export { decodeSettings, encodeLogSettings, encodeTraceSettings } from './settings-bodies';
export { NO_REGIONS, sharedMemoryUnsupported } from './shared-memory';
export { encodeStatistics } from './statistics';
