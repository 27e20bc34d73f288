import type { LogEntry, LogLevel } from '../contract';

type Fields = Readonly<Record<string, string | number | boolean | null>>;

/** What every part of the engine logs through. `scope` names the part. Never pass tokens or tensor contents. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  child(scope: string): Logger;
}

/** A logger that hands finished entries to `sink`; composition decides what that does (pino, ring buffer, nothing). */
export function createLogger(
  sink: (entry: LogEntry) => void,
  wallMs: () => number,
  scope = 'engine',
): Logger {
  let nextId = 1;
  const forScope = (name: string): Logger => {
    const at =
      (level: LogLevel) =>
      (message: string, fields: Fields = {}) =>
        sink({ id: nextId++, atMs: wallMs(), level, scope: name, message, fields });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: forScope };
  };
  return forScope(scope);
}

export const silentLogger: Logger = createLogger(
  () => undefined,
  () => 0,
);
