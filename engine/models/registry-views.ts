import type { EngineError } from '../base';
import type { ModelConfig } from '../config';
import type { BatchRecord, ModelConfiguration, ModelCounters, ModelSummary, TensorSpec } from '../contract';
import type { ModelStatistics, RepositoryIndexEntry } from '../inference';
import { type DeviceUse, deviceUseOf } from './device-use';
import { unknownModel } from './load-source';
import type { RegistryEntry } from './registry-entry';

/** What can be read of the registry's models. */
export class RegistryViews {
  protected readonly entries = new Map<string, RegistryEntry>();

  summaries(): readonly ModelSummary[] {
    return [...this.entries.values()]
      .map((entry) => entry.summary())
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  summary(name: string): ModelSummary {
    return this.entry(name).summary();
  }

  counters(): readonly ModelCounters[] {
    return [...this.entries.values()]
      .filter((entry) => entry.isKnownToMetrics)
      .map((entry) => entry.counters());
  }

  /** What serves on each device. */
  deviceUse(): ReadonlyMap<string, DeviceUse> {
    return deviceUseOf([...this.entries.values()].flatMap((entry) => entry.deviceShares));
  }

  recentBatches(name: string): readonly BatchRecord[] {
    return this.entry(name).stats.recentBatches();
  }

  /** Of the versions that serve: of one, of all of a model, or, when `name` is null, of all models. Throws as `served` does. */
  statistics(name: string | null, version: string | null): readonly ModelStatistics[] {
    if (name !== null) return this.entry(name).statistics(version);
    return [...this.entries.values()]
      .filter((entry) => entry.summary().state === 'ready')
      .sort((a, b) => a.name.localeCompare(b.name))
      .flatMap((entry) => entry.statistics(null));
  }

  /** What the metrics show, by name. */
  metrics() {
    return [...this.entries.values()]
      .sort((a, b) => a.name.localeCompare(b.name))
      .flatMap((entry) => entry.metrics() ?? []);
  }

  inputsOf(name: string, version: string | null): readonly TensorSpec[] {
    return this.entry(name).specOf(version).inputs;
  }

  /** Why even a request of one row would be refused now; null when it would not. Throws as `served`. */
  refusalOf(name: string, version: string | null): EngineError | null {
    return this.entry(name).served(version).refusal();
  }

  specOf(name: string, version: string | null) {
    return this.entry(name).specOf(version);
  }

  /** The configuration in force, completed from the model's file and the defaults. Throws as `served`. */
  configOf(name: string, version: string | null): ModelConfig {
    return this.entry(name).config(version);
  }

  /** Every value of the configuration in force and where it comes from; MODEL_UNKNOWN, or why its folder cannot be read. */
  configuration(name: string): ModelConfiguration {
    return this.entry(name).configuration();
  }

  /** Labels of an output's classes, by the model's labels file; null when it has none. Throws as `served`. */
  labelsOf(name: string, version: string | null, output: string): readonly string[] | null {
    return this.entry(name).labelsOf(version, output);
  }

  /** The repository's index, by name and version. */
  index(readyOnly: boolean): readonly RepositoryIndexEntry[] {
    return [...this.entries.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => entry.index(readyOnly));
  }

  /** Throws MODEL_UNKNOWN. */
  protected entry(name: string): RegistryEntry {
    const entry = this.entries.get(name);
    if (!entry) throw unknownModel(name);
    return entry;
  }
}
