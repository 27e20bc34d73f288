import type { QueuePolicy, SchedulingConfig } from '../config';
import type { ParameterValue } from '../inference';

/** Where a request stands while it waits: how urgent it is and how long it may wait. */
export interface QueueTerms {
  /** 1 is the most urgent; 0 in a model without levels. */
  readonly level: number;
  /** How long it may wait, microseconds; infinity: for ever. */
  readonly timeoutUs: number;
  /** When that is reached: true, it goes behind all unexpired of its level; false, it is refused. */
  readonly delays: boolean;
}

const NO_LIMIT: QueuePolicy = {
  timeoutAction: 'REJECT',
  defaultTimeoutUs: 0,
  allowTimeoutOverride: false,
  maxQueueSize: 0,
};

/**
 * Terms on which a request waits. Request parameters: `priority` (0, absent or above the levels: the default level), `timeout`
 * (microseconds; see `timeoutUsOf`).
 */
export function queueTermsOf(
  parameters: ReadonlyMap<string, ParameterValue>,
  scheduling: SchedulingConfig | undefined,
): QueueTerms {
  const level = scheduling ? levelOf(parameters.get('priority'), scheduling) : 0;
  const policy = scheduling?.queuePolicyOf(level) ?? NO_LIMIT;
  const timeoutUs = timeoutUsOf(parameters.get('timeout'), policy);
  return {
    level,
    timeoutUs: timeoutUs > 0 ? timeoutUs : Number.POSITIVE_INFINITY,
    delays: policy.timeoutAction === 'DELAY',
  };
}

function levelOf(
  priority: ParameterValue | undefined,
  { priorityLevels, defaultPriorityLevel }: SchedulingConfig,
): number {
  const asked = wholeNumber(priority);
  return asked >= 1 && asked <= priorityLevels ? asked : defaultPriorityLevel;
}

/**
 * Longest wait of a request, microseconds; 0: none. As in Triton the client's own `timeout` counts only where the policy allows it
 * and only when it is shorter than the default: with no default (0) it never takes effect.
 */
function timeoutUsOf(timeout: ParameterValue | undefined, policy: QueuePolicy): number {
  const asked = policy.allowTimeoutOverride ? wholeNumber(timeout) : 0;
  return asked > 0 && asked < policy.defaultTimeoutUs ? asked : policy.defaultTimeoutUs;
}

/** The doors have refused what is no whole number; anything else counts as not given. */
function wholeNumber(value: ParameterValue | undefined): number {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
}

/** Requests of a level that may wait at once. A level without a limit of its own has `maxQueueSize`, that of the setting. */
export function queueLimitOf(
  level: number,
  maxQueueSize: number,
  scheduling: SchedulingConfig | undefined,
): number {
  const own = scheduling?.levelQueuePolicies[level]?.maxQueueSize ?? 0;
  return own > 0 ? own : maxQueueSize;
}

/**
 * True when the place of a request in the queue can still change or end: priorities, timeouts or limits are in use. As in Triton a
 * batch is then closed only when an instance is idle, never handed ahead.
 */
export function mayReorder(scheduling: SchedulingConfig | undefined): boolean {
  if (!scheduling) return false;
  const { priorityLevels, defaultQueuePolicy, levelQueuePolicies } = scheduling;
  return (
    priorityLevels > 1 ||
    defaultQueuePolicy.defaultTimeoutUs > 0 ||
    Object.values(levelQueuePolicies).some(({ defaultTimeoutUs }) => defaultTimeoutUs > 0)
  );
}
