import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editModelConfig } from './edit-model-config';
import type { ModelConfig } from './model-config';
import { parseModelConfig, writeModelConfig } from './model-config-text';

const HAND_WRITTEN = `# The intent model.
name: "intent"   # same as the folder
backend: "onnxruntime"
max_batch_size: 32 # agreed with the web team

dynamic_batching {
  # waiting longer gains nothing
  max_queue_delay_microseconds: 2000
  preferred_batch_size: [ 8, 32 ]
  default_queue_policy { max_queue_size: 256 }
}

instance_group [ { kind: KIND_CPU, count: 2 } ]  # one per socket
parameters { key: "intra_op_thread_count" value { string_value: "4" } }   # measured
parameters: { key: 'ferry.batching', value: { string_value: 'off' } }
metric_tags { key: "team" value: "search" }
`;

const comments = (text: string) => text.match(/#.*$/gm) ?? [];

const id = fc.stringMatching(/^[a-zA-Z0-9_."\\é ]{1,8}$/);
const count = fc.integer({ min: 0, max: 64 });
/** Property absent, never undefined, as the parser gives it. */
const some = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(shape, { requiredKeys: [] });
const queuePolicy = some({
  max_queue_size: count,
  timeout_action: fc.constantFrom('REJECT' as const, 'DELAY' as const),
});
const configArbitrary: fc.Arbitrary<ModelConfig> = some({
  name: id,
  backend: id,
  max_batch_size: fc.integer({ min: 0, max: 1024 }),
  input: fc.array(
    some({
      name: id,
      data_type: fc.constantFrom('TYPE_FP32' as const, 'TYPE_STRING' as const),
      dims: fc.array(fc.integer({ min: -1, max: 9 }), { minLength: 1 }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  dynamic_batching: some({
    preferred_batch_size: fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 3 }),
    max_queue_delay_microseconds: fc.integer({ min: 0, max: 1_000_000 }),
    default_queue_policy: queuePolicy,
    priority_queue_policy: fc
      .dictionary(fc.constantFrom('1', '2'), queuePolicy, { minKeys: 1 })
      .map((d) => ({ ...d })),
  }),
  instance_group: fc.array(
    some({ count, kind: fc.constantFrom('KIND_CPU' as const, 'KIND_GPU' as const), name: id }),
    { minLength: 1, maxLength: 3 },
  ),
  parameters: fc
    .dictionary(id, some({ string_value: id }), { minKeys: 1, maxKeys: 4 })
    .map((d) => ({ ...d })),
  metric_tags: fc.dictionary(id, id, { minKeys: 1, maxKeys: 2 }).map((d) => ({ ...d })),
  response_cache: some({ enable: fc.boolean() }),
});

describe('writing a configuration', () => {
  it('gives a text that reads as the same configuration', () => {
    fc.assert(
      fc.property(configArbitrary, (config) => {
        expect(parseModelConfig(writeModelConfig(config))).toEqual(config);
      }),
    );
  });
});

describe('editing a configuration', () => {
  it('reaches any target from any written text, in whatever layout', () => {
    const layouts: readonly ((text: string) => string)[] = [
      (text) => text,
      (text) => text.replace(/\n\s*/g, ' '),
      (text) => text.replace(/$/gm, ' # said'),
      (text) => text.replaceAll('\n', '\r\n'),
      (text) => text.replace(/^(\s*[a-z_]+: \S+)$/gm, '$1,'),
    ];
    const layout = fc.constantFrom(...layouts);
    fc.assert(
      fc.property(configArbitrary, configArbitrary, layout, (before, after, lay) => {
        const text = lay(writeModelConfig(before));
        expect(parseModelConfig(text)).toEqual(before);
        expect(parseModelConfig(editModelConfig(text, after))).toEqual(after);
      }),
      { numRuns: 300 },
    );
  });

  it('reaches any target from a hand-written text, keeping every comment outside what it removes', () => {
    const before = parseModelConfig(HAND_WRITTEN);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1024 }),
        fc.integer({ min: 0, max: 9999 }),
        fc.integer({ min: 1, max: 9 }),
        id,
        (size, delay, instances, threads) => {
          const target: ModelConfig = {
            ...before,
            max_batch_size: size,
            dynamic_batching: {
              ...before.dynamic_batching,
              max_queue_delay_microseconds: delay,
              preferred_batch_size: [4],
            },
            instance_group: [{ kind: 'KIND_CPU', count: instances }],
            parameters: { ...before.parameters, intra_op_thread_count: { string_value: threads } },
          };
          const text = editModelConfig(HAND_WRITTEN, target);
          expect(parseModelConfig(text)).toEqual(target);
          expect(comments(text)).toEqual(comments(HAND_WRITTEN));
        },
      ),
    );
  });

  it('touches nothing when nothing differs', () => {
    expect(editModelConfig(HAND_WRITTEN, parseModelConfig(HAND_WRITTEN))).toBe(HAND_WRITTEN);
  });

  it('changes only the value that differs', () => {
    const config = parseModelConfig(HAND_WRITTEN);
    const text = editModelConfig(HAND_WRITTEN, { ...config, max_batch_size: 8 });
    expect(text).toBe(HAND_WRITTEN.replace('max_batch_size: 32', 'max_batch_size: 8'));
  });

  it('edits inside a list of messages and inside a map entry', () => {
    const config = parseModelConfig(HAND_WRITTEN);
    const text = editModelConfig(HAND_WRITTEN, {
      ...config,
      instance_group: [{ kind: 'KIND_CPU', count: 5 }],
      parameters: { ...config.parameters, intra_op_thread_count: { string_value: '1' } },
    });
    expect(text).toBe(
      HAND_WRITTEN.replace('count: 2', 'count: 5').replace('{ string_value: "4" }', '{ string_value: "1" }'),
    );
  });

  it('removes a field with its line, and an entry of a map', () => {
    const { 'ferry.batching': _gone, ...parameters } = parseModelConfig(HAND_WRITTEN).parameters ?? {};
    const text = editModelConfig(HAND_WRITTEN, { ...parseModelConfig(HAND_WRITTEN), parameters });
    expect(text).toBe(HAND_WRITTEN.replace(/^parameters: .*\n/m, ''));
  });

  it('adds a field to a block with the indentation of the block', () => {
    const config = parseModelConfig(HAND_WRITTEN);
    const text = editModelConfig(HAND_WRITTEN, {
      ...config,
      dynamic_batching: { ...config.dynamic_batching, preserve_ordering: true },
    });
    expect(text).toContain('{ max_queue_size: 256 }\n  preserve_ordering: true\n}');
    expect(comments(text)).toEqual(comments(HAND_WRITTEN));
  });

  it('adds to a block on one line and to an empty file', () => {
    expect(
      editModelConfig('dynamic_batching { }', { dynamic_batching: { max_queue_delay_microseconds: 5 } }),
    ).toBe('dynamic_batching { max_queue_delay_microseconds: 5 }');
    expect(editModelConfig('', { max_batch_size: 4 })).toBe('max_batch_size: 4\n');
    expect(editModelConfig('# only this', { max_batch_size: 4 })).toBe('# only this\nmax_batch_size: 4\n');
  });

  it('keeps fields that Ferry does not act on', () => {
    const text =
      'model_warmup [ { name: "b8" batch_size: 8 inputs { key: "x" value { data_type: TYPE_FP32 dims: [ 3 ] zero_data: true } } } ]\nmax_batch_size: 4\n';
    const config = parseModelConfig(text);
    expect(editModelConfig(text, { ...config, max_batch_size: 2 })).toBe(text.replace(': 4', ': 2'));
  });
});
