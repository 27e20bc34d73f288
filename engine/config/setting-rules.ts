import type { ModelSettings } from '../contract';
import type { SettingFaults, SettingName } from './setting-faults';

/** What settings depend on beside the file. */
export interface SettingsContext {
  /** Why requests cannot be stacked ("input \"x\" has the fixed first dimension 1"); null when they can. */
  readonly obstacle: string | null;
  /** Cores that this engine may use. */
  readonly cpuBudget: number;
  readonly platform: NodeJS.Platform;
  /** What is only known of a model that serves. `singleRunUs`: one row alone on its device, microseconds. */
  readonly measured?: { readonly singleRunUs: number | null };
}

/** What settings are called where they were given: in config.pbtxt, or in a patch. */
export type SettingNames = Readonly<Record<SettingName, string>>;

/** Settings, each sound by itself, that may contradict each other. */
export interface SettingRule {
  /** Those that it compares. */
  readonly settings: readonly SettingName[];
  /** The contradiction with its values and limits; null when there is none. */
  readonly fault: (settings: ModelSettings, names: SettingNames, context: SettingsContext) => string | null;
}

const sizesWithinMax = (setting: 'preferredBatchSizes' | 'allowedBatchSizes'): SettingRule => ({
  settings: [setting, 'maxBatchSize'],
  fault: ({ maxBatchSize, [setting]: sizes }, names) => {
    const above = sizes.filter((size) => size > maxBatchSize);
    if (above.length === 0) return null;
    return `${names[setting]} contains ${above.join(', ')}; sizes must be from 1 to ${names.maxBatchSize} (${maxBatchSize})`;
  },
});

export const SETTING_RULES: readonly SettingRule[] = [
  sizesWithinMax('preferredBatchSizes'),
  sizesWithinMax('allowedBatchSizes'),
  {
    settings: ['maxInstanceCount', 'instanceCount'],
    fault: ({ maxInstanceCount, instanceCount }, names) =>
      maxInstanceCount >= instanceCount
        ? null
        : `${names.maxInstanceCount} is ${maxInstanceCount}; it must be at least ${names.instanceCount} (${instanceCount})`,
  },
  { settings: ['sloMs'], fault: unkeptSlo },
  // Kept beside another mode it harmed nobody; beside auto it would refuse nearly every request.
  {
    settings: ['batching', 'sloMs'],
    fault: (settings, names, context) =>
      settings.batching === 'auto' ? unkeptSlo(settings, names, context) : null,
  },
];

function unkeptSlo(
  { sloMs }: ModelSettings,
  names: SettingNames,
  { measured }: SettingsContext,
): string | null {
  const singleRunMs = (measured?.singleRunUs ?? 0) / 1000;
  if (sloMs === null || sloMs >= singleRunMs) return null;
  return `${names.sloMs} is ${sloMs}; one row alone takes ${Number(singleRunMs.toPrecision(3))} ms here, so it must be at least that`;
}

/**
 * Adds every contradiction between settings to `faults`.
 *
 * @param touched only rules that compare one of these are asked; all when left out
 */
export function addContradictions(
  faults: SettingFaults,
  settings: ModelSettings,
  names: SettingNames,
  context: SettingsContext,
  touched?: ReadonlySet<SettingName>,
): void {
  for (const rule of SETTING_RULES) {
    // A setting with a fault already is compared no more: what is wrong with it has been said.
    if (rule.settings.some((setting) => faults.has(setting))) continue;
    if (touched !== undefined && !rule.settings.some((setting) => touched.has(setting))) continue;
    const fault = rule.fault(settings, names, context);
    const [setting] = rule.settings;
    if (fault !== null && setting !== undefined) faults.add(setting, fault);
  }
}
