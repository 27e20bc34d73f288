import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../base';
import {
  BATCHING_MODES,
  DEVICE_CLASSES,
  EXECUTION_PROVIDERS,
  type ModelSettings,
  type ModelSettingsPatch,
  modelSettingsSchema,
  SETTING_LIMITS,
} from '../contract';
import { editModelConfig } from './edit-model-config';
import type { ModelConfig } from './model-config';
import { parseModelConfig, writeModelConfig } from './model-config-text';
import { patchModelConfig } from './patch-settings';
import { settingsOf } from './read-settings';
import type { SettingsContext } from './setting-rules';

const batchable: SettingsContext = { obstacle: null, cpuBudget: 8, platform: 'linux' };
const fixed: SettingsContext = { ...batchable, obstacle: 'input "x" has the fixed first dimension 1' };
const read = (text: string, context = batchable) => settingsOf(parseModelConfig(text), context);
const faultOf = (action: () => unknown): EngineError => {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    return error as EngineError;
  }
  throw new Error('accepted');
};
const parameter = (key: string, value: string): string =>
  `parameters { key: "${key}" value { string_value: "${value}" } }\n`;
const BOTH_SIDES =
  'input { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } output { name: "y" data_type: TYPE_FP32 dims: [ 2 ] }';
const FULL_SHAPES =
  'input { name: "x" data_type: TYPE_FP32 dims: [ -1, 4 ] } output { name: "y" data_type: TYPE_FP32 dims: [ -1, 2 ] }';

describe('settings of a configuration', () => {
  it('are completed from the graph and defaults when there is no file', () => {
    expect(read('')).toEqual({
      settings: {
        batching: 'fixed',
        maxBatchSize: 16,
        preferredBatchSizes: [],
        maxQueueDelayUs: 0,
        maxQueueSize: 1024,
        instanceCount: 1,
        executionProviders: ['cpu'],
        intraOpThreads: 7,
        sloMs: null,
        allowedBatchSizes: [],
        maxInstanceCount: 1,
        deviceWeight: 1,
        deviceClass: 'foreground',
        pinned: false,
      },
      origins: {
        batching: 'onnx',
        maxBatchSize: 'default',
        preferredBatchSizes: 'default',
        maxQueueDelayUs: 'default',
        maxQueueSize: 'default',
        instanceCount: 'default',
        executionProviders: 'default',
        intraOpThreads: 'default',
        sloMs: 'default',
        allowedBatchSizes: 'default',
        maxInstanceCount: 'default',
        deviceWeight: 'default',
        deviceClass: 'default',
        pinned: 'default',
      },
    });
  });

  it('come from the file where it states them', () => {
    const { settings, origins } = read(`
      max_batch_size: 32
      dynamic_batching { preferred_batch_size: [ 8, 32 ] max_queue_delay_microseconds: 2000 default_queue_policy { max_queue_size: 256 } }
      instance_group [ { kind: KIND_CPU count: 2 }, { count: 1 } ]
      parameters { key: "intra_op_thread_count" value { string_value: "4" } }
      parameters { key: "ferry.execution_providers" value { string_value: "webgpu, cpu" } }
      parameters { key: "ferry.slo_ms" value { string_value: "12.5" } }
      parameters { key: "ferry.allowed_batch_sizes" value { string_value: "1, 8,32" } }
      parameters { key: "ferry.max_instances" value { string_value: "6" } }
      parameters { key: "ferry.device_weight" value { string_value: "4" } }
      parameters { key: "ferry.device_class" value { string_value: "background" } }
      parameters { key: "ferry.pin" value { string_value: "true" } }`);
    expect(settings).toEqual({
      batching: 'fixed',
      maxBatchSize: 32,
      preferredBatchSizes: [8, 32],
      maxQueueDelayUs: 2000,
      maxQueueSize: 256,
      instanceCount: 3,
      executionProviders: ['webgpu', 'cpu'],
      intraOpThreads: 4,
      sloMs: 12.5,
      allowedBatchSizes: [1, 8, 32],
      maxInstanceCount: 6,
      deviceWeight: 4,
      deviceClass: 'background',
      pinned: true,
    });
    expect(new Set(Object.values(origins))).toEqual(new Set(['file']));
  });

  it('leave batching off where the file is complete and does not ask for it, as Triton does', () => {
    expect(read(`max_batch_size: 8 ${BOTH_SIDES}`).settings).toMatchObject({
      batching: 'off',
      maxBatchSize: 8,
    });
    expect(read(`max_batch_size: 8 dynamic_batching { } ${BOTH_SIDES}`).settings).toMatchObject({
      batching: 'fixed',
    });
    expect(read('max_batch_size: 8').settings).toMatchObject({ batching: 'fixed' });
    expect(read(FULL_SHAPES).settings).toMatchObject({ batching: 'off', maxBatchSize: 1 });
  });

  it('tell max_batch_size 0 from an absent one', () => {
    expect(read('max_batch_size: 0')).toMatchObject({
      settings: { batching: 'off', maxBatchSize: 1 },
      origins: { batching: 'file', maxBatchSize: 'file' },
    });
    expect(read('').settings).toMatchObject({ batching: 'fixed', maxBatchSize: 16 });
  });

  it('are those of single requests where the model cannot batch, whatever the block says', () => {
    expect(read('dynamic_batching { max_queue_delay_microseconds: 5 }', fixed)).toMatchObject({
      settings: { batching: 'off', maxBatchSize: 1 },
      origins: { batching: 'onnx', maxBatchSize: 'onnx' },
    });
    expect(faultOf(() => read('max_batch_size: 4', fixed)).message).toContain(
      'input "x" has the fixed first dimension 1',
    );
  });

  it('leave one core for the doors and share the others among the instances', () => {
    const threads = (cpuBudget: number, count: number) =>
      settingsOf({ instance_group: [{ count }] }, { ...batchable, cpuBudget }).settings.intraOpThreads;
    expect([threads(1, 1), threads(2, 1), threads(8, 1), threads(8, 2), threads(8, 20)]).toEqual([
      1, 1, 7, 3, 1,
    ]);
  });

  it.each<[string, NodeJS.Platform, readonly string[]]>([
    ['instance_group { kind: KIND_GPU }', 'linux', ['cuda', 'cpu']],
    ['instance_group { kind: KIND_GPU }', 'win32', ['dml', 'cpu']],
    ['instance_group { kind: KIND_GPU }', 'darwin', ['coreml', 'cpu']],
    ['instance_group { kind: KIND_CPU }', 'linux', ['cpu']],
    [
      'optimization { execution_accelerators { gpu_execution_accelerator { name: "tensorrt" } } }',
      'linux',
      ['tensorrt', 'cuda', 'cpu'],
    ],
    [
      'instance_group { kind: KIND_GPU } parameters { key: "ferry.execution_providers" value { string_value: "cpu" } }',
      'linux',
      ['cpu'],
    ],
  ])('take the providers that %s means on %s', (text, platform, providers) => {
    expect(read(text, { ...batchable, platform }).settings.executionProviders).toEqual(providers);
  });

  it('bound a queue that the file leaves without limit', () => {
    expect(
      read('dynamic_batching { default_queue_policy { max_queue_size: 0 } }').settings.maxQueueSize,
    ).toBe(SETTING_LIMITS.maxQueueSize.max);
  });

  it("take the lowest of Triton's priorities for a background model", () => {
    const classOf = (text: string) => read(text).settings.deviceClass;
    expect(classOf('optimization { priority: PRIORITY_MIN }')).toBe('background');
    expect(classOf('optimization { priority: PRIORITY_MAX }')).toBe('foreground');
    expect(
      classOf(`optimization { priority: PRIORITY_MIN } ${parameter('ferry.device_class', 'foreground')}`),
    ).toBe('foreground');
  });

  it('are refused for all that is wrong with them at once', () => {
    const { message } = faultOf(() =>
      read(
        `max_batch_size: 8 dynamic_batching { preferred_batch_size: [ 16 ] } instance_group { count: 3 } ${parameter('ferry.max_instances', '2')}${parameter('ferry.pin', 'maybe')}`,
      ),
    );
    expect(message.split('; ').length).toBeGreaterThanOrEqual(6);
    for (const part of ['contains 16', '"ferry.max_instances" is 2', '"ferry.pin" is "maybe"'])
      expect(message).toContain(part);
  });

  it.each([
    ['max_batch_size: 2000', 'max_batch_size is 2000; it must be a whole number from 1 to 1024'],
    ['max_batch_size: -1', 'max_batch_size is -1'],
    [
      'max_batch_size: 8 dynamic_batching { preferred_batch_size: [ 16 ] }',
      'contains 16; sizes must be from 1 to max_batch_size (8)',
    ],
    [
      'dynamic_batching { max_queue_delay_microseconds: 99999999 }',
      'max_queue_delay_microseconds is 99999999',
    ],
    ['instance_group { count: 0 }', 'instance_group.count is 0'],
    ['instance_group { count: 65 }', 'instance_group.count is 65'],
    [
      'parameters { key: "intra_op_thread_count" value { string_value: "many" } }',
      '"intra_op_thread_count" is "many"',
    ],
    [
      'parameters { key: "ferry.batching" value { string_value: "no" } }',
      'must be one of "off", "fixed", "auto", "on"',
    ],
    [
      'parameters { key: "ferry.execution_providers" value { string_value: "cudaa" } }',
      'Did you mean "cuda"?',
    ],
    ['parameters { key: "ferry.execution_providers" value { string_value: " , " } }', 'is empty'],
    [
      parameter('ferry.slo_ms', '0.05'),
      '"ferry.slo_ms" is "0.05"; it must be milliseconds from 0.1 to 600000',
    ],
    [parameter('ferry.slo_ms', '1e3'), '"ferry.slo_ms" is "1e3"'],
    [parameter('ferry.allowed_batch_sizes', '1,x'), 'contains "x"; it lists whole numbers'],
    [parameter('ferry.allowed_batch_sizes', '4,1'), 'must be in ascending order'],
    [
      `max_batch_size: 4 ${parameter('ferry.allowed_batch_sizes', '4,8')}`,
      'contains 8; sizes must be from 1 to max_batch_size (4)',
    ],
    [
      `instance_group { count: 3 } ${parameter('ferry.max_instances', '2')}`,
      '"ferry.max_instances" is 2; it must be at least the sum of instance_group.count (3)',
    ],
    [
      parameter('ferry.device_weight', '0'),
      '"ferry.device_weight" is "0"; it must be a whole number from 1 to 1000',
    ],
    [parameter('ferry.device_class', 'middle'), 'must be one of "foreground", "background"'],
    [parameter('ferry.pin', 'yes'), 'must be one of "true", "false"'],
  ])('refuse %j, naming field, value and limit', (text, expected) => {
    const fault = faultOf(() => read(text));
    expect(fault.code).toBe('MODEL_INVALID');
    expect(fault.message).toContain(expected);
  });
});

const within = ({ min, max }: { min: number; max: number }) => fc.integer({ min, max });
const patchArbitrary: fc.Arbitrary<ModelSettingsPatch> = fc.record(
  {
    batching: fc.constantFrom(...BATCHING_MODES),
    maxBatchSize: within(SETTING_LIMITS.maxBatchSize),
    maxQueueDelayUs: within(SETTING_LIMITS.maxQueueDelayUs),
    maxQueueSize: within(SETTING_LIMITS.maxQueueSize),
    instanceCount: within(SETTING_LIMITS.instanceCount),
    executionProviders: fc.uniqueArray(fc.constantFrom(...EXECUTION_PROVIDERS), { minLength: 1 }),
    intraOpThreads: within(SETTING_LIMITS.intraOpThreads),
    sloMs: fc.option(fc.double({ ...SETTING_LIMITS.sloMs, noNaN: true })),
    allowedBatchSizes: fc.subarray([1, 3, 8, 64]),
    maxInstanceCount: within(SETTING_LIMITS.maxInstanceCount),
    deviceWeight: within(SETTING_LIMITS.deviceWeight),
    deviceClass: fc.constantFrom(...DEVICE_CLASSES),
    pinned: fc.boolean(),
  },
  { requiredKeys: [] },
);
/** The patched configuration; for a patch that contradicts itself or the file, the property holds of nothing. */
const patchedOrSkipped = (config: ModelConfig, patch: ModelSettingsPatch): ModelConfig => {
  try {
    return patchModelConfig(config, patch, batchable);
  } catch (error) {
    expect((error as EngineError).code).toBe('INVALID_ARGUMENT');
    expect((error as EngineError).message).toMatch(/allowedBatchSizes contains|maxInstanceCount is/);
    return fc.pre(false) as never;
  }
};
const TEXTS = [
  '',
  'max_batch_size: 0',
  'max_batch_size: 1',
  'max_batch_size: 8',
  `max_batch_size: 8 ${BOTH_SIDES}`,
  FULL_SHAPES,
  `max_batch_size: 0 ${FULL_SHAPES}`,
  'max_batch_size: 64 dynamic_batching { preferred_batch_size: [ 4, 64 ] max_queue_delay_microseconds: 9 }',
  'dynamic_batching { } parameters { key: "ferry.batching" value { string_value: "off" } }',
  'instance_group [ { kind: KIND_GPU count: 2 }, { count: 3 } ]',
  parameter('ferry.batching', 'on'),
  `max_batch_size: 64 optimization { priority: PRIORITY_MIN } ${parameter('ferry.batching', 'auto')}${parameter('ferry.slo_ms', '5')}`,
  `max_batch_size: 8 ${parameter('ferry.allowed_batch_sizes', ' 1, 8')}${parameter('ferry.max_instances', '4')}${parameter('ferry.pin', 'true')}`,
];

describe('a patch of settings', () => {
  it('is what the patched file then says, whatever stood in it, and the file is written and read without loss', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TEXTS), patchArbitrary, (text, patch) => {
        const target = patchedOrSkipped(parseModelConfig(text), patch);
        const { settings } = settingsOf(parseModelConfig(editModelConfig(text, target)), batchable);
        expect(settings).toMatchObject(patch);
        expect(modelSettingsSchema.safeParse(settings).success).toBe(true);
        expect(settingsOf(parseModelConfig(writeModelConfig(target)), batchable).settings).toEqual(settings);
      }),
    );
  });

  it('changes nothing that it does not name, but for what follows from it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TEXTS), patchArbitrary, (text, patch) => {
        const config = parseModelConfig(text);
        const before = settingsOf(config, batchable).settings;
        const after = settingsOf(patchedOrSkipped(config, patch), batchable).settings;
        const kept = (
          [
            ...([
              'batching',
              'maxQueueDelayUs',
              'maxQueueSize',
              'instanceCount',
              'executionProviders',
            ] as const),
            ...(['sloMs', 'deviceWeight', 'deviceClass', 'pinned'] as const),
          ] as const
        ).filter((key) => patch[key] === undefined);
        for (const key of kept) expect(after[key]).toEqual(before[key]);
        if ((patch.batching ?? 'off') === 'off' && patch.maxBatchSize === undefined)
          expect(after.maxBatchSize).toBe(before.maxBatchSize);
      }),
    );
  });

  it('keeps the block and its values when batching is switched off, and finds them again when on', () => {
    const text = 'max_batch_size: 8\ndynamic_batching { max_queue_delay_microseconds: 500 } # tuned\n';
    const off = editModelConfig(
      text,
      patchModelConfig(parseModelConfig(text), { batching: 'off' }, batchable),
    );
    expect(off).toContain('dynamic_batching { max_queue_delay_microseconds: 500 } # tuned');
    expect(off).toContain('key: "ferry.batching" value { string_value: "off" }');
    expect(
      editModelConfig(off, patchModelConfig(parseModelConfig(off), { batching: 'fixed' }, batchable)),
    ).toBe(text);
  });

  it('leaves the text of a file alone that says so already', () => {
    const text = `${parameter('ferry.batching', 'on')}${parameter('ferry.allowed_batch_sizes', '1, 4')}${parameter('ferry.device_weight', '1')}${parameter('ferry.slo_ms', '5.0')}`;
    const config = parseModelConfig(text);
    const patch: ModelSettingsPatch = {
      batching: 'fixed',
      allowedBatchSizes: [1, 4],
      deviceWeight: 1,
      sloMs: 5,
      maxInstanceCount: 1,
    };
    expect(editModelConfig(text, patchModelConfig(config, patch, batchable))).toBe(text);
    expect(editModelConfig(text, patchModelConfig(config, { pinned: true }, batchable))).toBe(
      `${text}${parameter('ferry.pin', 'true')}`,
    );
  });

  it('lets a model without scaling stay so, and refuses more instances than its bound', () => {
    expect(
      settingsOf(patchModelConfig({}, { instanceCount: 3 }, batchable), batchable).settings,
    ).toMatchObject({ instanceCount: 3, maxInstanceCount: 3 });
    const scaled = parseModelConfig(parameter('ferry.max_instances', '4'));
    expect(faultOf(() => patchModelConfig(scaled, { instanceCount: 5 }, batchable)).message).toBe(
      'maxInstanceCount is 4; it must be at least instanceCount (5)',
    );
  });

  it('that lowers the SLO below what one row takes is refused, where that was measured', () => {
    const measured: SettingsContext = { ...batchable, measured: { singleRunUs: 2_345.6 } };
    expect(faultOf(() => patchModelConfig({}, { sloMs: 2 }, measured)).message).toBe(
      'sloMs is 2; one row alone takes 2.35 ms here, so it must be at least that',
    );
    expect(patchModelConfig({}, { sloMs: 2.5 }, measured)).toEqual(
      patchModelConfig({}, { sloMs: 2.5 }, batchable),
    );
    // Another setting can be changed while the SLO of the file is too small.
    const config = parseModelConfig(parameter('ferry.slo_ms', '1'));
    expect(
      settingsOf(patchModelConfig(config, { pinned: true }, measured), batchable).settings,
    ).toMatchObject({
      pinned: true,
      sloMs: 1,
    });
  });

  it('is refused with everything that is wrong with it', () => {
    const wrong = {
      maxBatchSize: 8,
      preferredBatchSizes: [9],
      allowedBatchSizes: [4, 16],
      instanceCount: 3,
      maxInstanceCount: 2,
      maxQueueSize: 0,
      colour: 'red',
    } as ModelSettingsPatch;
    const { code, message } = faultOf(() => patchModelConfig({}, wrong, batchable));
    expect(code).toBe('INVALID_ARGUMENT');
    for (const part of [
      'preferredBatchSizes contains 9; sizes must be from 1 to maxBatchSize (8)',
      'allowedBatchSizes contains 16; sizes must be from 1 to maxBatchSize (8)',
      'maxInstanceCount is 2; it must be at least instanceCount (3)',
      'maxQueueSize',
      'colour',
    ])
      expect(message).toContain(part);
  });

  it('drops preferred sizes that a smaller batch no longer allows, and refuses to be given one', () => {
    const config: ModelConfig = { max_batch_size: 32, dynamic_batching: { preferred_batch_size: [4, 32] } };
    expect(
      patchModelConfig(config, { maxBatchSize: 8 }, batchable).dynamic_batching?.preferred_batch_size,
    ).toEqual([4]);
    const fault = faultOf(() => patchModelConfig(config, { preferredBatchSizes: [64] }, batchable));
    expect(fault.code).toBe('INVALID_ARGUMENT');
    expect(fault.message).toContain('64; sizes must be from 1 to maxBatchSize (32)');
  });

  it('takes the batch dimension out of dims when batching begins', () => {
    const patched = patchModelConfig(
      parseModelConfig(`max_batch_size: 0 ${FULL_SHAPES}`),
      { maxBatchSize: 4, batching: 'fixed' },
      batchable,
    );
    expect(patched.input?.[0]?.dims).toEqual([4]);
    expect(patched.max_batch_size).toBe(4);
  });

  it('that asks a model to batch which cannot is refused with the reason', () => {
    const asked: readonly ModelSettingsPatch[] = [{ batching: 'fixed' }, { maxBatchSize: 2 }];
    for (const patch of asked)
      expect(faultOf(() => patchModelConfig({}, patch, fixed)).message).toContain('fixed first dimension 1');
    const settings: ModelSettings = settingsOf(
      patchModelConfig({}, { batching: 'off', maxBatchSize: 1, instanceCount: 2 }, fixed),
      fixed,
    ).settings;
    expect(settings.instanceCount).toBe(2);
  });
});
