export { decodeInferRequest, type EncodedInferRequest } from './decode-infer-request';
export { type EncodedInferResponse, encodeInferResponse } from './encode-infer-response';
export { encodeModelMetadata, encodeServerMetadata } from './metadata';
export { encodeStatistics } from './statistics';
