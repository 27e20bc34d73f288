import { describe, expect, it } from 'vitest';
import { createLogStore } from '../base';
import { LogBook } from './log-settings';

const open = () => {
  const logs = createLogStore({ level: 'info', file: null, wallMs: () => 0 });
  return { logs, book: new LogBook(logs.switches) };
};

describe('log settings', () => {
  it('begin as the engine was started', () => {
    expect(open().book.settings()).toEqual({
      log_file: '',
      log_info: true,
      log_warning: true,
      log_error: true,
      log_verbose_level: 0,
      log_format: 'default',
    });
  });

  it('act on what is written next, each on its own level', () => {
    const { logs, book } = open();
    const written = () => {
      const before = logs.recent().length;
      for (const level of ['debug', 'info', 'warn', 'error'] as const) logs.logger[level](level);
      return logs
        .recent()
        .slice(before)
        .map(({ message }) => message);
    };
    expect(written()).toEqual(['info', 'warn', 'error']);
    book.update(
      new Map<string, number | boolean>([
        ['log_info', false],
        ['log_verbose_level', 2],
      ]),
    );
    expect(written()).toEqual(['debug', 'warn', 'error']);
    book.update(
      new Map([
        ['log_error', false],
        ['log_warning', false],
      ]),
    );
    expect(written()).toEqual(['debug']);
    book.update(
      new Map([
        ['log_info', null],
        ['log_error', null],
        ['log_verbose_level', null],
      ]),
    );
    expect(written()).toEqual(['info', 'error']);
  });

  it.each([
    ['log_file', '/tmp/x', 'UNSUPPORTED'],
    ['log_format', 'ISO8601', 'UNSUPPORTED'],
    ['log_info', 'yes', 'INVALID_ARGUMENT'],
    ['log_verbose_level', -1, 'INVALID_ARGUMENT'],
    ['log_verbose_level', 2 ** 32, 'INVALID_ARGUMENT'],
    ['log_inf', true, 'INVALID_ARGUMENT'],
    ['toString', true, 'INVALID_ARGUMENT'],
  ])('refuse %s of %j, and then change nothing', (name, value, code) => {
    const { book } = open();
    const change = new Map<string, string | number | boolean>([
      ['log_warning', false],
      [name, value],
    ]);
    expect(() => book.update(change)).toThrow(expect.objectContaining({ code }));
    expect(book.settings().log_warning).toBe(true);
  });
});
