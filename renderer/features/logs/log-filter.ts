import type { LogEntry, LogLevel } from '../../../engine/contract';

export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export interface LogFilter {
  /** This level and all above it. */
  readonly minimumLevel: LogLevel;
  /** Null: all scopes. */
  readonly scope: string | null;
  /** Words, all of which must occur somewhere in the entry; case does not matter. */
  readonly text: string;
}

/** Everything an entry says, as one lower-case text to search. */
function textOf(entry: LogEntry): string {
  return `${entry.scope} ${entry.message} ${fieldsText(entry)}`.toLowerCase();
}

/** "model=demo-mlp rows=16". */
export function fieldsText(entry: LogEntry): string {
  return Object.entries(entry.fields)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}

/** The entries a filter lets through, in their order. */
export function filterLogs(entries: readonly LogEntry[], filter: LogFilter): readonly LogEntry[] {
  const lowest = LOG_LEVELS.indexOf(filter.minimumLevel);
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (lowest <= 0 && filter.scope === null && words.length === 0) return entries;
  return entries.filter((entry) => {
    if (LOG_LEVELS.indexOf(entry.level) < lowest) return false;
    if (filter.scope !== null && entry.scope !== filter.scope) return false;
    if (words.length === 0) return true;
    const text = textOf(entry);
    return words.every((word) => text.includes(word));
  });
}

/** Scopes that occur, alphabetically. */
export function scopesOf(entries: readonly LogEntry[]): string[] {
  return [...new Set(entries.map((entry) => entry.scope))].sort();
}

/** One line per entry, as for a log file: time (ISO), level, scope, message, fields. */
export function logText(entries: readonly LogEntry[]): string {
  return entries
    .map((entry) => {
      const head = `${new Date(entry.atMs).toISOString()} ${entry.level.toUpperCase().padEnd(5)} ${entry.scope}: ${entry.message}`;
      const fields = fieldsText(entry);
      return fields === '' ? head : `${head} ${fields}`;
    })
    .join('\n');
}
