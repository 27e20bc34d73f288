import { describe, expect, it } from 'vitest';
import type { LoadTestScenarioInput, ModelSummary, TensorSpec } from '../contract';
import { modelSummary } from '../testing/model-summary';
import { checkScenario, parseScenario, planOf, settingsNote } from './scenario';

const spec = (name: string, datatype: TensorSpec['datatype'], shape: number[]): TensorSpec => ({
  name,
  datatype,
  shape,
  dimNames: shape.map(() => null),
  optional: false,
});

const scenario = (change: Partial<LoadTestScenarioInput> = {}) =>
  parseScenario({ model: 'demo', executor: { kind: 'closed', clients: 2 }, ...change });

describe('a scenario', () => {
  it('gets its defaults', () => {
    expect(scenario()).toMatchObject({
      version: null,
      warmupMs: 2_000,
      durationMs: 20_000,
      rowsPerRequest: 1,
      encoding: 'binary',
      seed: 1,
    });
  });

  it('is refused with every wrong field named', () => {
    const wrong = {
      model: '',
      executor: { kind: 'closed', clients: 0 },
      durationMs: 1,
      surprise: true,
    } as LoadTestScenarioInput;
    expect(() => parseScenario(wrong)).toThrow(/model: .*executor\.clients: .*durationMs: .*surprise/s);
  });

  const model = modelSummary({ inputs: [spec('x', 'FP32', [-1, -1, 4]), spec('half', 'FP16', [-1])] });
  const cases: [string, Partial<LoadTestScenarioInput>, Partial<ModelSummary>, RegExp][] = [
    [
      'more rows than the model takes',
      { rowsPerRequest: 17 },
      {},
      /rowsPerRequest is 17, above the model's max batch size of 16/,
    ],
    [
      'rows for a model without a batch',
      { rowsPerRequest: 2 },
      { batchable: false, batchingNote: 'fixed at 1' },
      /no batch dimension \(fixed at 1\): use 1/,
    ],
    [
      'a size for an input that is not there',
      { dynamicDims: { y: { 1: 2 } } },
      {},
      /has no input "y", it has "x", "half"/,
    ],
    [
      'a size for an axis that is not there',
      { dynamicDims: { x: { 3: 2 } } },
      {},
      /input "x" has axes 0 to 2/,
    ],
    [
      'a size for an axis that is no number',
      { dynamicDims: { x: { seq: 2 } } },
      {},
      /dynamicDims.x.seq: input "x" has axes 0 to 2/,
    ],
    ['a size for the batch axis', { dynamicDims: { x: { 0: 2 } } }, {}, /axis 0 is the batch/],
    [
      'a size for a fixed axis',
      { dynamicDims: { x: { 2: 5 } } },
      {},
      /dynamicDims.x.2 is 5, but the model fixes it at 4/,
    ],
    ['JSON for half precision', { encoding: 'json' }, {}, /input "half" is FP16, which has no JSON form/],
    [
      'a request of gigabytes',
      { dynamicDims: { x: { 1: 65_536 } }, rowsPerRequest: 16 * 16 },
      { settings: { ...model.settings, maxBatchSize: 1024 } },
      /256 MiB, above the 64 MiB/,
    ],
  ];

  it.each(cases)('is refused for %s', (_, given, change, message) => {
    expect(() => checkScenario(scenario(given), { ...model, ...change })).toThrow(message);
  });

  it('is refused with all its faults at once', () => {
    expect(() =>
      checkScenario(scenario({ rowsPerRequest: 99, dynamicDims: { y: {} }, encoding: 'json' }), model),
    ).toThrow(/rowsPerRequest.*; dynamicDims.*; encoding/);
  });

  it('passes when it fits, also with the fixed size of an axis spelt out', () => {
    expect(() =>
      checkScenario(scenario({ rowsPerRequest: 16, dynamicDims: { x: { 1: 8, 2: 4 } } }), model),
    ).not.toThrow();
  });

  it('becomes a plan for the right path and a reachable host', () => {
    const plan = (host: string, version: string | null) =>
      planOf(scenario({ version }), model, { host, port: 8000 }, 500);
    expect(plan('127.0.0.1', null)).toMatchObject({
      host: '127.0.0.1',
      port: 8000,
      path: '/v2/models/demo/infer',
    });
    expect(plan('0.0.0.0', '3')).toMatchObject({
      host: '127.0.0.1',
      path: '/v2/models/demo/versions/3/infer',
    });
    expect(plan('::', null).host).toBe('::1');
  });
});

it('notes settings in a line that says what was on', () => {
  const { settings } = modelSummary();
  expect(settingsNote({ ...settings, maxQueueDelayUs: 1_500, preferredBatchSizes: [4, 8] }, 'cpu')).toBe(
    'batching fixed, max batch 16, preferred 4/8, delay 1,500 µs, 1 instance, cpu',
  );
  expect(
    settingsNote(
      { ...settings, batching: 'off', instanceCount: 2, executionProviders: ['cuda', 'cpu'] },
      null,
    ),
  ).toBe('batching off, 2 instances, cuda/cpu');
});
