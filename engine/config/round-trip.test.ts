import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyModelConfig } from './config-arbitrary.fixture';
import { editModelConfig } from './edit-model-config';
import { parseModelConfigJson } from './model-config-json';
import { ModelConfigType } from './model-config-proto';
import { canonicalConfig, parseModelConfig, writeModelConfig } from './model-config-text';
import { printModelConfig } from './print-model-config';

const folder = new URL('./fixtures/', import.meta.url);
const examples = readdirSync(folder).map(
  (name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const,
);

/** Where empty and absent are one: what was printed at its default is set when it is read back. */
const printed = (config: Parameters<typeof printModelConfig>[0]) => JSON.stringify(printModelConfig(config));

describe('any configuration, over all fields of the message', () => {
  it('is the same after it was written as text and read', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyModelConfig(), (config) => {
        for (const field of Object.keys(config)) seen.add(field);
        expect(parseModelConfig(writeModelConfig(config))).toEqual(config);
      }),
      { numRuns: 300 },
    );
    expect([...seen].sort()).toEqual(Object.keys(ModelConfigType.fields).sort());
  });

  it('is the same after it was written as JSON and read, in snake_case and camelCase', () => {
    fc.assert(
      fc.property(anyModelConfig(), (config) => {
        expect(parseModelConfigJson(JSON.stringify(config))).toEqual(canonicalConfig(config));
        expect(printed(parseModelConfigJson(printed(config)))).toBe(printed(config));
      }),
      { numRuns: 100 },
    );
    expect(
      parseModelConfigJson('{"maxBatchSize":4,"dynamicBatching":{"maxQueueDelayMicroseconds":"7"}}'),
    ).toEqual(parseModelConfig('max_batch_size: 4 dynamic_batching { max_queue_delay_microseconds: 7 }'));
  });

  it('is taken by the protobuf message as clients get it', () => {
    fc.assert(
      fc.property(anyModelConfig(), (config) => {
        const message = ModelConfigType.fromObject(printModelConfig(config));
        expect(ModelConfigType.verify(message)).toBeNull();
        expect(ModelConfigType.encode(message).finish().byteLength).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 100 },
    );
  });
});

describe.each(examples)('the example %s', (_name, text) => {
  it('is the same after it was written and read', () => {
    const config = parseModelConfig(text);
    expect(Object.keys(config).length).toBeGreaterThan(4);
    expect(parseModelConfig(writeModelConfig(config))).toEqual(config);
  });

  it('keeps its comments when a value is changed, and only that line changes', () => {
    const config = parseModelConfig(text);
    const edited = editModelConfig(text, { ...config, max_batch_size: 64 });
    expect(parseModelConfig(edited)).toEqual({ ...config, max_batch_size: 64 });
    const before = text.split('\n');
    const after = edited.split('\n');
    expect(after).toHaveLength(before.length);
    expect(after.filter((line, i) => line !== before[i])).toEqual([
      expect.stringContaining('max_batch_size: 64'),
    ]);
  });
});

it('the text format is read with all its liberties', () => {
  expect(parseModelConfig(examples.find(([name]) => name === 'text-format.pbtxt')?.[1] ?? '')).toMatchObject({
    name: 'text_format',
    max_batch_size: 16,
    version_policy: { specific: { versions: [1, 3] } },
    input: [{ dims: [-1, 3] }, { optional: true }],
    output: [{ name: 'y\nAA', dims: [-1] }],
    dynamic_batching: { preserve_ordering: true, max_queue_delay_microseconds: 9_007_199_254_740_991 },
    parameters: { k: { string_value: 'last wins' } },
  });
});
