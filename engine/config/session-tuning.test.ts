import { describe, expect, it } from 'vitest';
import { parseModelConfig } from './model-config-text';
import { DEFAULT_SESSION_TUNING, sessionTuningOf, TUNING_PARAMETERS } from './session-tuning';

const tuning = (text: string) => sessionTuningOf(parseModelConfig(text));
const parameter = (key: string, value: string) =>
  `parameters { key: "${key}" value { string_value: "${value}" } }`;

describe('the tuning of a session', () => {
  it("is ONNX Runtime's own where the file says nothing", () => {
    expect(tuning('')).toEqual(DEFAULT_SESSION_TUNING);
  });

  it.each([
    [-1, 'basic'],
    [0, 'all'],
    [1, 'extended'],
    [2, 'disabled'],
  ])('level %i is %s', (level, name) => {
    expect(tuning(`optimization { graph { level: ${level} } }`).graphOptimization).toBe(name);
  });

  it("follows the parameters of Triton's backend", () => {
    const values = ['3', '1', '0', '0'];
    const text = TUNING_PARAMETERS.map((key, i) => parameter(key, values[i] ?? '')).join('\n');
    expect(tuning(text)).toMatchObject({
      interOpThreads: 3,
      executionMode: 'parallel',
      memoryArena: false,
      memoryPattern: false,
    });
  });

  it('refuses other values by name', () => {
    expect(() => tuning('optimization { graph { level: 3 } }')).toThrow(/optimization.graph.level is 3/);
    for (const key of TUNING_PARAMETERS)
      expect(() => tuning(parameter(key, 'many')), key).toThrow(new RegExp(`"${key}" is "many"`));
    expect(() => tuning(parameter('inter_op_thread_count', '9999'))).toThrow(/0 to 256/);
  });
});
