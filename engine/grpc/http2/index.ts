export { type ConnectionHost, Http2Connection, type Http2Timeouts } from './connection';
export type { HeaderList } from './hpack-decoder';
export { encodeHeaders } from './hpack-encoder';
export { CODE, StreamError } from './protocol';
export type { Http2Stream, StreamConsumer } from './stream';
