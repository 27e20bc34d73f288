import { mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import pino from 'pino';
import type { LogEntry, LogLevel } from '../contract';
import { Emitter } from './emitter';
import { createLogger, type Logger } from './logger';
import { RingBuffer } from './ring-buffer';

const ENTRIES_KEPT = 2_000;
const FILE_LIMIT_BYTES = 20 * 1024 * 1024;
/** Lowest first. */
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Which levels are written, changeable while the engine runs. */
export interface LogSwitches {
  isOn(level: LogLevel): boolean;
  set(level: LogLevel, on: boolean): void;
}

/** Where the engine's log goes: memory for the console, a file (NDJSON) for later, and whoever listens (a terminal). */
export interface LogStore {
  readonly logger: Logger;
  readonly switches: LogSwitches;
  readonly added: Emitter<LogEntry>;
  recent(): readonly LogEntry[];
  /** Writes out what is still buffered. */
  close(): void;
}

/**
 * @param level the lowest that is written at the start
 * @param file null: no file. A file beyond 20 MB is set aside as `<file>.1` at the start.
 */
export function createLogStore(options: {
  readonly level: LogLevel;
  readonly file: string | null;
  readonly wallMs: () => number;
}): LogStore {
  const ring = new RingBuffer<LogEntry>(ENTRIES_KEPT);
  const added = new Emitter<LogEntry>();
  const file = options.file === null ? null : openFile(options.file);
  const on = new Set(LEVELS.slice(LEVELS.indexOf(options.level)));
  const sink = (entry: LogEntry) => {
    if (!on.has(entry.level)) return;
    ring.push(entry);
    file?.pino[entry.level]({ scope: entry.scope, ...entry.fields }, entry.message);
    added.emit(entry);
  };
  return {
    logger: createLogger(sink, options.wallMs),
    switches: {
      isOn: (level) => on.has(level),
      set: (level, isOn) => void (isOn ? on.add(level) : on.delete(level)),
    },
    added,
    recent: () => ring.toArray(),
    close: () => file?.destination.flushSync(),
  };
}

function openFile(path: string) {
  mkdirSync(dirname(path), { recursive: true });
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > FILE_LIMIT_BYTES)
    renameSync(path, `${path}.1`);
  const destination = pino.destination({ dest: path, sync: true });
  return { destination, pino: pino({ level: 'debug', base: null }, destination) };
}
