import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../base';
import { parseModelConfig } from './model-config-text';

const messageOf = (text: string): string => {
  try {
    parseModelConfig(text);
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).code).toBe('MODEL_INVALID');
    return (error as EngineError).message;
  }
  throw new Error(`accepted: ${text}`);
};

describe('reading config.pbtxt', () => {
  it('reads every notation that the text format allows', () => {
    const config = parseModelConfig(
      `\uFEFF# comment
      name: "a" 'b' "\\x63"; backend: 'onnxruntime',
      version_policy: { latest < num_versions: 0x2 > }
      input [ { name: "x" data_type: TYPE_FP32 dims: [ -1, 3, ] } ]`.replace('3, ]', '3 ]'),
    );
    expect(config).toEqual({
      name: 'abc',
      backend: 'onnxruntime',
      version_policy: { latest: { num_versions: 2 } },
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [-1, 3] }],
    });
  });

  it('collects repeated fields and map entries, the last of one key winning', () => {
    const config = parseModelConfig(`
      input { name: "a" dims: 1 dims: 2 } input { name: "b" data_type: 13 }
      parameters { key: "k" value { string_value: "1" } } parameters { key: "k" value { string_value: "2" } }
      dynamic_batching { priority_queue_policy { key: 1 value { max_queue_size: 7 } } }`);
    expect(config.input).toEqual([
      { name: 'a', dims: [1, 2] },
      { name: 'b', data_type: 'TYPE_STRING' },
    ]);
    expect(config.parameters).toEqual({ k: { string_value: '2' } });
    expect(config.dynamic_batching?.priority_queue_policy).toEqual({ 1: { max_queue_size: 7 } });
  });

  it('tells a field that is 0 from one that is absent', () => {
    expect(parseModelConfig('max_batch_size: 0')).toEqual({ max_batch_size: 0 });
    expect(parseModelConfig('')).toEqual({});
    expect(parseModelConfig('dynamic_batching { }')).toEqual({ dynamic_batching: {} });
  });

  it.each([
    [
      'max_batchsize: 4',
      'line 1, column 1: unknown field "max_batchsize" in ModelConfig. Did you mean "max_batch_size"?',
    ],
    [
      'name: "a"\n\ndynamic_batching {\n  max_queue_delay: 5\n}',
      'line 4, column 3: unknown field "max_queue_delay"',
    ],
    ['max_batch_size: "4"', 'line 1, column 17: "max_batch_size" is of type int32'],
    ['max_batch_size: 99999999999', 'line 1, column 17: "max_batch_size" is of type int32'],
    ['instance_group { kind: KIND_CPUS }', 'Did you mean "KIND_CPU"?'],
    ['instance_group { count: 1 count: 2 }', 'line 1, column 27: "count" is set twice'],
    [
      'dynamic_batching { }\nsequence_batching { }',
      'line 2, column 1: "sequence_batching" cannot stand beside "dynamic_batching"',
    ],
    ['max_batch_size: [ 1 ]', '"max_batch_size" takes one value, not a list'],
    ['dynamic_batching: 5', '"dynamic_batching" takes { … }, not a single value'],
    ['name { }', '"name" takes a single value'],
    ['name "x"', '":" is missing after "name"'],
    ['name: "x', 'line 1, column 7: a string without an end'],
    ['dynamic_batching {', '"}" is missing'],
    ['dynamic_batching { } }', 'a field name is expected, found "}"'],
    ['parameters { key: "a" values: "b" }', 'unknown field "values" in an entry of "parameters"'],
    ['input { dims: [ 1 2 ] }', '"," or "]" is expected'],
    ['__proto__: 5', 'unknown field "__proto__"'],
    ['dynamic_batching { max_queue_delay_microseconds: 18446744073709551615 }', 'is too large'],
    ['{"name": "json"}', 'line 1, column 1: a field name is expected'],
  ])('refuses %j with the place and the reason', (text, expected) => {
    expect(messageOf(text)).toContain(expected);
  });

  it('does not fall over deep nesting', () => {
    expect(messageOf('optimization {'.repeat(5000))).toContain('nested deeper');
  });

  it('answers any text with a configuration or with MODEL_INVALID', () => {
    const token = fc.constantFrom(
      'name',
      'input',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      ';',
      '"a"',
      '-',
      '1',
      '1e5',
      '<',
      '>',
      '#x\n',
      ' ',
      'dims',
      'KIND_CPU',
      "'",
      '\\',
      'parameters',
      'key',
      'value',
      '\n',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(token).map((tokens) => tokens.join(' ')),
          fc.string(),
        ),
        (text) => {
          try {
            parseModelConfig(text);
          } catch (error) {
            expect((error as EngineError).code).toBe('MODEL_INVALID');
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
