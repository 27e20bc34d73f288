import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../engine/contract';
import { filterLogs, type LogFilter, logText, scopesOf } from './log-filter';

const entries: readonly LogEntry[] = [
  { id: 1, atMs: 0, level: 'debug', scope: 'http', message: 'request answered', fields: { status: 200 } },
  {
    id: 2,
    atMs: 1,
    level: 'info',
    scope: 'registry',
    message: 'Model loaded',
    fields: { model: 'demo-mlp' },
  },
  { id: 3, atMs: 2, level: 'error', scope: 'instance', message: 'worker died', fields: {} },
];
const all: LogFilter = { minimumLevel: 'debug', scope: null, text: '' };
const ids = (filter: Partial<LogFilter>) =>
  filterLogs(entries, { ...all, ...filter }).map((entry) => entry.id);

describe('log filter', () => {
  it('lets everything through untouched when nothing is asked', () => {
    expect(filterLogs(entries, all)).toBe(entries);
  });

  it('takes a level as a minimum', () => {
    expect(ids({ minimumLevel: 'info' })).toEqual([2, 3]);
  });

  it('finds words in message, scope and fields, in any order and case', () => {
    expect(ids({ text: 'DEMO loaded' })).toEqual([2]);
    expect(ids({ text: 'status=200' })).toEqual([1]);
    expect(ids({ text: 'demo worker' })).toEqual([]);
  });

  it('combines its conditions', () => {
    expect(ids({ scope: 'http', minimumLevel: 'info' })).toEqual([]);
  });
});

describe('log text', () => {
  it('is one line an entry with its fields', () => {
    expect(logText(entries.slice(1))).toBe(
      '1970-01-01T00:00:00.001Z INFO  registry: Model loaded model=demo-mlp\n' +
        '1970-01-01T00:00:00.002Z ERROR instance: worker died',
    );
  });

  it('knows which scopes speak', () => {
    expect(scopesOf(entries)).toEqual(['http', 'instance', 'registry']);
  });
});
