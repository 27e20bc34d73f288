export type { Clock, Timer } from './clock';
export { Emitter } from './emitter';
export { EngineError, type EngineErrorOptions, invalid, toEngineError } from './engine-error';
export { createLogStore, type LogStore, type LogSwitches } from './log-store';
export { createLogger, type Logger, silentLogger } from './logger';
export { RingBuffer } from './ring-buffer';
export { systemClock } from './system-clock';
export { ENGINE_VERSION } from './version';
export { workerDataOf, workerEntry } from './worker-entry';
