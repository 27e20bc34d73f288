export type { Clock, Timer } from './clock';
export { Deque } from './deque';
export { Emitter } from './emitter';
export { EngineError, type EngineErrorOptions, invalid, toEngineError } from './engine-error';
export { createLogger, type Logger, silentLogger } from './logger';
export { RingBuffer } from './ring-buffer';
export { systemClock } from './system-clock';
export { workerDataOf, workerEntry } from './worker-entry';
