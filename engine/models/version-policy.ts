import { EngineError } from '../base';
import type { ModelConfig } from '../config';

/**
 * Versions that a configuration chooses of those on disk (ascending): the newest `num_versions` (1 unless stated), all, or
 * those it names. Named ones that are missing are passed over, as in Triton.
 *
 * Errors: MODEL_INVALID when none is left.
 */
export function servedVersions(config: ModelConfig, onDisk: readonly string[]): readonly string[] {
  const policy = config.version_policy ?? {};
  if (policy.all !== undefined) return onDisk;
  if (policy.specific !== undefined) {
    const named = new Set((policy.specific.versions ?? []).map(String));
    const found = onDisk.filter((version) => named.has(version));
    if (found.length > 0) return found;
    throw new EngineError(
      'MODEL_INVALID',
      `config.pbtxt: version_policy names ${[...named].join(', ') || 'no version'}; on disk are ${onDisk.join(', ') || 'none'}`,
    );
  }
  const count = policy.latest?.num_versions ?? 1;
  if (count < 1)
    throw new EngineError(
      'MODEL_INVALID',
      `config.pbtxt: version_policy.latest.num_versions is ${count}; it must be at least 1`,
    );
  return onDisk.slice(-count);
}
