import { describe, expect, it } from 'vitest';
import { EngineError } from '../base';
import { parseModelConfig } from './model-config-text';
import { settingsOf } from './read-settings';
import { schedulingConfigOf } from './scheduling-config';

const read = (text: string) => schedulingConfigOf(parseModelConfig(text));
const faultOf = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).code).toBe('MODEL_INVALID');
    return (error as EngineError).message;
  }
  throw new Error('accepted');
};
const NO_LIMITS = {
  timeoutAction: 'REJECT',
  defaultTimeoutUs: 0,
  allowTimeoutOverride: false,
  maxQueueSize: 0,
};

describe('scheduling blocks', () => {
  it('ask for nothing when they are not there', () => {
    for (const text of ['', 'dynamic_batching { }']) {
      const scheduling = read(text);
      expect(scheduling).toMatchObject({
        preserveOrdering: false,
        priorityLevels: 0,
        defaultPriorityLevel: 0,
        defaultQueuePolicy: NO_LIMITS,
        rateLimiter: null,
      });
      expect(scheduling.queuePolicyOf(1)).toEqual(NO_LIMITS);
    }
  });

  it('give each level its policy and the default one to the others', () => {
    const scheduling = read(`dynamic_batching {
      priority_levels: 3 default_priority_level: 2
      default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 500000 allow_timeout_override: true max_queue_size: 256 }
      priority_queue_policy { key: 1 value { default_timeout_microseconds: 100000 max_queue_size: 64 } } }`);
    expect(scheduling).toMatchObject({ priorityLevels: 3, defaultPriorityLevel: 2 });
    expect(scheduling.queuePolicyOf(1)).toEqual({
      ...NO_LIMITS,
      defaultTimeoutUs: 100_000,
      maxQueueSize: 64,
    });
    for (const level of [2, 3, 99]) {
      expect(scheduling.queuePolicyOf(level)).toEqual({
        timeoutAction: 'DELAY',
        defaultTimeoutUs: 500_000,
        allowTimeoutOverride: true,
        maxQueueSize: 256,
      });
    }
    expect(Object.isFrozen(scheduling) && Object.isFrozen(scheduling.queuePolicyOf(1))).toBe(true);
  });

  it('have no policies of levels without levels, as in Triton', () => {
    const { queuePolicyOf } = read(
      'dynamic_batching { priority_queue_policy { key: 1 value { max_queue_size: 7 } } }',
    );
    expect(queuePolicyOf(1)).toEqual(NO_LIMITS);
  });

  it('take of each resource the most that a group asks for', () => {
    const { rateLimiter } = read(`instance_group [
      { rate_limiter { resources [ { name: "R1" count: 4 }, { name: "R2" global: true count: 2 } ] priority: 2 } },
      { rate_limiter { resources [ { name: "R1" count: 6 } ] } } ]`);
    expect(rateLimiter).toEqual({
      resources: [
        { name: 'R1', global: false, count: 6 },
        { name: 'R2', global: true, count: 2 },
      ],
      priority: 2,
    });
  });

  it.each([
    ['priority_levels: 2', 'default_priority_level is 0; it must be from 1 to priority_levels (2)'],
    ['priority_levels: 2 default_priority_level: 3', 'default_priority_level is 3'],
    ['priority_levels: 1001 default_priority_level: 1', 'priority_levels is 1001; it must be from 0 to 1000'],
    [
      'priority_levels: 2 default_priority_level: 1 priority_queue_policy { key: 3 value { } }',
      'level 3; levels are from 1 to priority_levels (2)',
    ],
    ['preserve_ordering: true priority_levels: 2 default_priority_level: 1', 'at most 1 level'],
    [
      'preserve_ordering: true default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 5 }',
      'DELAY and default_timeout_microseconds 5 in default_queue_policy',
    ],
    [
      'preserve_ordering: true priority_levels: 1 default_priority_level: 1 priority_queue_policy { key: 1 value { timeout_action: DELAY default_timeout_microseconds: 5 } }',
      'in priority_queue_policy[1]',
    ],
  ])('refuse "%s", naming field, value and limit', (block, expected) => {
    expect(faultOf(`dynamic_batching { ${block} }`)).toContain(expected);
  });

  it.each([
    'preserve_ordering: true priority_levels: 1 default_priority_level: 1',
    'preserve_ordering: true default_queue_policy { timeout_action: DELAY }',
    'preserve_ordering: true default_queue_policy { default_timeout_microseconds: 5 }',
  ])('take "%s", which keeps the order', (block) => {
    expect(read(`dynamic_batching { ${block} }`).preserveOrdering).toBe(true);
  });

  it('refuse a resource that is both global and of a device, or has no name', () => {
    const message = faultOf(
      'instance_group { rate_limiter { resources [ { name: "R" count: 1 }, { name: "R" global: true count: 1 }, { count: 1 } ] } }',
    );
    expect(message).toContain('"R" as global and as a device');
    expect(message).toContain('without a name');
  });

  it('name every fault at once, together with those of the settings', () => {
    const config = parseModelConfig(`max_batch_size: 8
      dynamic_batching { preferred_batch_size: [ 16 ] preserve_ordering: true priority_levels: 2 priority_queue_policy { key: 9 value { } } }
      parameters { key: "ferry.slo_ms" value { string_value: "0" } }`);
    let message = '';
    try {
      settingsOf(config, { obstacle: null, cpuBudget: 2, platform: 'linux' });
    } catch (error) {
      message = (error as Error).message;
    }
    for (const part of [
      'contains 16',
      'default_priority_level is 0',
      'level 9',
      'at most 1 level',
      'slo_ms" is "0"',
    ])
      expect(message).toContain(part);
  });
});
