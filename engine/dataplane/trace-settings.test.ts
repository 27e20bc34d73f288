import { describe, expect, it } from 'vitest';
import type { EngineError } from '../base';
import type { SettingsChange } from '../inference';
import { TraceBook } from './trace-settings';

type Values = Record<string, SettingsChange extends ReadonlyMap<string, infer Each> ? Each : never>;

const change = (values: Values): SettingsChange => new Map(Object.entries(values));
const codeOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return (error as EngineError).code;
  }
  return null;
};

describe('trace settings', () => {
  it('of a model fall back to the server where the model has none of its own', () => {
    const book = new TraceBook();
    book.update(null, change({ trace_rate: '5', trace_level: ['TIMESTAMPS'] }));
    book.update('m', change({ trace_rate: 7 }));
    expect(book.settings('m')).toMatchObject({ trace_rate: '7', trace_level: ['TIMESTAMPS'] });
    book.update(null, change({ trace_level: null }));
    expect(book.settings('m')).toMatchObject({ trace_rate: '7', trace_level: ['OFF'] });
    book.update('m', change({ trace_rate: null }));
    expect(book.settings('m')).toEqual(book.settings(null));
    expect(book.settings(null)).toMatchObject({ trace_rate: '5' });
  });

  it.each<[string, Values, string]>([
    ['a file', { trace_file: '/tmp/x' }, 'UNSUPPORTED'],
    ['a file taken back', { trace_file: null }, 'UNSUPPORTED'],
    ['tensors', { trace_level: ['TIMESTAMPS', 'TENSORS'] }, 'UNSUPPORTED'],
    ['another mode', { trace_mode: 'opentelemetry' }, 'UNSUPPORTED'],
    ['a frequency', { log_frequency: '10' }, 'UNSUPPORTED'],
    ['an unknown level', { trace_level: ['MAX'] }, 'INVALID_ARGUMENT'],
    ['no level', { trace_level: [] }, 'INVALID_ARGUMENT'],
    ['a rate of 0', { trace_rate: '0' }, 'INVALID_ARGUMENT'],
    ['a rate that is no number', { trace_rate: 'often' }, 'INVALID_ARGUMENT'],
    ['a count below -1', { trace_count: '-2' }, 'INVALID_ARGUMENT'],
    ['a number too large', { trace_count: '99999999999' }, 'INVALID_ARGUMENT'],
    ['an unknown setting', { trace_rat: '1' }, 'INVALID_ARGUMENT'],
    ['a name of the object prototype', { constructor: '1' }, 'INVALID_ARGUMENT'],
  ])('refuse %s, and then change nothing', (_title, values, code) => {
    const book = new TraceBook();
    const before = book.settings(null);
    expect(codeOf(() => book.update(null, change({ trace_rate: '9', ...values })))).toBe(code);
    expect(book.settings(null)).toEqual(before);
  });
});

describe('a trace', () => {
  it('is taken of every so-manieth request, so many times', () => {
    const book = new TraceBook();
    expect(book.isOn).toBe(false);
    book.update(null, change({ trace_level: 'TIMESTAMPS', trace_rate: '3', trace_count: '2' }));
    expect(book.isOn).toBe(true);
    const taken = Array.from({ length: 12 }, () => book.samples('m'));
    expect(taken.flatMap((is, i) => (is ? [i] : []))).toEqual([2, 5]);
    expect(book.settings(null).trace_count).toBe('0');
  });

  it('of one model leaves the others alone', () => {
    const book = new TraceBook();
    book.update('m', change({ trace_level: ['OFF', 'TIMESTAMPS'], trace_rate: 1 }));
    expect([book.isOn, book.samples('m'), book.samples('other')]).toEqual([true, true, false]);
    book.update('m', change({ trace_level: null }));
    expect(book.isOn).toBe(false);
  });
});
