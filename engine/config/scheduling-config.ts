import { EngineError } from '../base';
import type { ConfigMessage, ConfigQueuePolicy, ModelConfig } from './model-config';

/** How long the requests of one priority level may wait, and how many of them. */
export interface QueuePolicy {
  /** What becomes of a request that waited too long: refused, or behind all others of its level. */
  readonly timeoutAction: 'REJECT' | 'DELAY';
  /** Longest wait in the queue, microseconds; 0: no limit. */
  readonly defaultTimeoutUs: number;
  /** A request may ask for a shorter wait. */
  readonly allowTimeoutOverride: boolean;
  /** Requests that may wait; 0: no limit of its own. For the default policy the setting `maxQueueSize` is what holds. */
  readonly maxQueueSize: number;
}

export interface RateLimiterResource {
  readonly name: string;
  /** One pool for all devices; otherwise each device has its own. */
  readonly global: boolean;
  /** How much of it one execution takes. */
  readonly count: number;
}

export interface RateLimiterConfig {
  readonly resources: readonly RateLimiterResource[];
  /** 2 gets half the turns of 1. */
  readonly priority: number;
}

/** Triton's scheduling blocks of one model, checked and frozen. */
export interface SchedulingConfig {
  /** Responses leave in the order of their requests. */
  readonly preserveOrdering: boolean;
  /** 1 is the most urgent of them; 0: requests have no priority. */
  readonly priorityLevels: number;
  /** Level of a request that names none or one out of range; 0 without levels. */
  readonly defaultPriorityLevel: number;
  readonly defaultQueuePolicy: QueuePolicy;
  /** Of the levels that do not have the default policy. */
  readonly levelQueuePolicies: Readonly<Record<number, QueuePolicy>>;
  /** Policy of a level, the default one where it has none of its own. */
  readonly queuePolicyOf: (level: number) => QueuePolicy;
  /** What one execution takes; null: nothing, and it has no turn to wait for. */
  readonly rateLimiter: RateLimiterConfig | null;
}

/** Levels are counted, never allocated; beyond this a number is a mistake. */
const MAX_PRIORITY_LEVELS = 1000;

/**
 * The scheduling blocks of a configuration.
 *
 * Errors: MODEL_INVALID naming every field that is wrong, with its value and the limit.
 */
export function schedulingConfigOf(config: ModelConfig): SchedulingConfig {
  const faults = schedulingFaults(config);
  if (faults.length > 0) throw new EngineError('MODEL_INVALID', `config.pbtxt: ${faults.join('; ')}`);
  const batching = config.dynamic_batching ?? {};
  const priorityLevels = batching.priority_levels ?? 0;
  const defaultQueuePolicy = queuePolicy(batching.default_queue_policy);
  const levelQueuePolicies = Object.freeze(
    Object.fromEntries(
      levelPolicies(config).map(([level, policy]): [number, QueuePolicy] => [level, queuePolicy(policy)]),
    ),
  );
  return Object.freeze({
    preserveOrdering: batching.preserve_ordering ?? false,
    priorityLevels,
    defaultPriorityLevel: priorityLevels === 0 ? 0 : (batching.default_priority_level ?? 0),
    defaultQueuePolicy,
    levelQueuePolicies,
    queuePolicyOf: (level: number) => levelQueuePolicies[level] ?? defaultQueuePolicy,
    rateLimiter: rateLimiterOf(config),
  });
}

/** What Triton refuses of the scheduling blocks when it loads a model; all of it. */
export function schedulingFaults(config: ModelConfig): readonly string[] {
  return [...levelFaults(config), ...orderingFaults(config), ...resourceFaults(config)];
}

/** Without levels the policies of levels say nothing. */
function levelPolicies(config: ModelConfig): readonly (readonly [level: number, ConfigQueuePolicy])[] {
  const { priority_levels: levels = 0, priority_queue_policy: policies = {} } = config.dynamic_batching ?? {};
  if (levels === 0) return [];
  return Object.entries(policies).map(([level, policy]) => [Number(level), policy]);
}

function levelFaults(config: ModelConfig): readonly string[] {
  const { priority_levels: levels = 0, default_priority_level: otherwise = 0 } =
    config.dynamic_batching ?? {};
  if (levels === 0) return [];
  if (levels < 0 || levels > MAX_PRIORITY_LEVELS)
    return [`dynamic_batching.priority_levels is ${levels}; it must be from 0 to ${MAX_PRIORITY_LEVELS}`];
  const isLevel = (level: number): boolean => level >= 1 && level <= levels;
  const strange = levelPolicies(config).filter(([level]) => !isLevel(level));
  return [
    ...(isLevel(otherwise)
      ? []
      : [
          `dynamic_batching.default_priority_level is ${otherwise}; it must be from 1 to priority_levels (${levels})`,
        ]),
    ...strange.map(
      ([level]) =>
        `dynamic_batching.priority_queue_policy has a policy for level ${level}; levels are from 1 to priority_levels (${levels})`,
    ),
  ].slice(0, MAX_NAMED);
}

/** A file may be wrong in a million places. */
const MAX_NAMED = 10;

/** What would let a later request overtake an earlier one. */
function orderingFaults(config: ModelConfig): readonly string[] {
  const batching = config.dynamic_batching;
  if (batching?.preserve_ordering !== true) return [];
  const levels = batching.priority_levels ?? 0;
  const delays = (policy: ConfigQueuePolicy = {}): boolean =>
    policy.timeout_action === 'DELAY' && (policy.default_timeout_microseconds ?? 0) > 0;
  const policies: (readonly [name: string, ConfigQueuePolicy | undefined])[] = [
    ['default_queue_policy', batching.default_queue_policy],
    ...Object.entries(batching.priority_queue_policy ?? {}).map(
      ([level, policy]) => [`priority_queue_policy[${level}]`, policy] as const,
    ),
  ];
  return [
    ...(levels > 1
      ? [
          `dynamic_batching.preserve_ordering is true with priority_levels ${levels}; it allows at most 1 level`,
        ]
      : []),
    ...policies
      .filter(([, policy]) => delays(policy))
      .map(
        ([name, policy]) =>
          `dynamic_batching.preserve_ordering is true with timeout_action DELAY and default_timeout_microseconds ${policy?.default_timeout_microseconds} in ${name}; it allows REJECT or no timeout`,
      ),
  ].slice(0, MAX_NAMED);
}

function resourceFaults(config: ModelConfig): readonly string[] {
  const resources = rateLimitersOf(config).flatMap((limiter) => limiter.resources);
  const unnamed = resources.some(({ name }) => name === '');
  const names = new Set(resources.map(({ name }) => name));
  const torn = [...names].filter(
    (name) => new Set(resources.filter((one) => one.name === name).map(({ global }) => global)).size > 1,
  );
  return [
    ...(unnamed ? ['instance_group.rate_limiter.resources has a resource without a name'] : []),
    ...torn.map(
      (name) =>
        `instance_group.rate_limiter.resources has "${name.slice(0, 60)}" as global and as a device's own`,
    ),
  ].slice(0, MAX_NAMED);
}

function queuePolicy(policy: ConfigQueuePolicy = {}): QueuePolicy {
  return Object.freeze({
    timeoutAction: policy.timeout_action ?? 'REJECT',
    defaultTimeoutUs: policy.default_timeout_microseconds ?? 0,
    allowTimeoutOverride: policy.allow_timeout_override ?? false,
    maxQueueSize: policy.max_queue_size ?? 0,
  });
}

function rateLimitersOf(config: ModelConfig): readonly RateLimiterConfig[] {
  return (config.instance_group ?? []).flatMap(({ rate_limiter: limiter }) =>
    limiter === undefined ? [] : [rateLimiter(limiter)],
  );
}

function rateLimiter(limiter: ConfigMessage): RateLimiterConfig {
  const { resources = [], priority } = limiter as {
    readonly resources?: readonly ConfigMessage[];
    readonly priority?: number;
  };
  return {
    resources: resources.map(({ name = '', global = false, count = 0 }) => ({
      name: String(name),
      global: global === true,
      count: Number(count),
    })),
    // Triton takes 0 for 1.
    priority: Math.max(1, Number(priority ?? 1)),
  };
}

/** The groups' instances are one pool here, so each takes the most that any group asks for: never less than its own group's part. */
function rateLimiterOf(config: ModelConfig): RateLimiterConfig | null {
  const limiters = rateLimitersOf(config);
  if (limiters.length === 0) return null;
  const resources = new Map<string, RateLimiterResource>();
  for (const resource of limiters.flatMap((limiter) => limiter.resources)) {
    const count = Math.max(resource.count, resources.get(resource.name)?.count ?? 0);
    resources.set(resource.name, Object.freeze({ ...resource, count }));
  }
  return Object.freeze({
    resources: Object.freeze([...resources.values()]),
    priority: Math.max(...limiters.map(({ priority }) => priority)),
  });
}
