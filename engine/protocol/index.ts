export {
  checkUnloadRequest,
  decodeIndexRequest,
  decodeLoadRequest,
  encodeRepositoryIndex,
} from './control-bodies';
export { decodeInferRequest, type EncodedInferRequest } from './decode-infer-request';
export { type EncodedInferResponse, encodeInferResponse } from './encode-infer-response';
export { encodeModelMetadata, encodeServerMetadata } from './metadata';
export { decodeSettings, encodeLogSettings, encodeTraceSettings } from './settings-bodies';
export { NO_REGIONS, sharedMemoryUnsupported } from './shared-memory';
export { encodeStatistics } from './statistics';
