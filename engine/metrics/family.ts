import type { MetricsConfig } from '../config';
import type { MetricsView, VersionView } from './metrics-view';
import type { FamilyText, FamilyType, Labels } from './prometheus-text';

/** One family of metrics: what docs/metrics.md says of it, and where its series come from. */
export interface Family {
  readonly name: string;
  readonly type: FamilyType;
  readonly unit: string;
  /** Names of the labels, without those of `metric_tags`. */
  readonly labels: readonly string[];
  /** One sentence. ASCII: some readers know nothing else. */
  readonly help: string;
  /** Exported only with this setting of `--metrics-config`. */
  readonly only?: keyof MetricsConfig;
  readonly collect: (view: MetricsView, text: FamilyText) => void;
}

/** A family with one series per version that serves. */
export function perVersion(
  row: Omit<Family, 'collect' | 'labels'> & { readonly labels?: readonly string[] },
  collect: (version: VersionView, labels: Labels, text: FamilyText) => void,
): Family {
  return {
    labels: ['model', 'version'],
    ...row,
    collect: (view, text) => {
      for (const version of view.versions) collect(version, labelsOf(version), text);
    },
  };
}

/** The version's labels: name, version and its model's tags. */
export function labelsOf({ model, version, tags }: VersionView): Record<string, string> {
  const labels: Record<string, string> = { model, version };
  for (const [key, value] of Object.entries(tags)) {
    // A tag's name is free text, a label's is not.
    const name = `_${key.replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
    labels[name] ??= value;
  }
  return labels;
}
