import { EngineError } from '../base';
import type { SequenceSetup } from '../batching';
import type { ModelSettings } from '../contract';
import type { ModelStats, VersionView } from '../metrics';
import { autoWarmupIsOn } from './auto-warmup';
import type { VersionShare } from './device-use';
import { type OutputLabels, readLabels } from './labels';
import type { ModelDefinition } from './model-definition';
import type { ModelCondition } from './model-summary';
import { readSequenceSetup, withSequenceInputs } from './sequence-setup';
import { ServedModel } from './served-model';
import type { ServingContext } from './serving-context';
import { readWarmup, type WarmupSample } from './warmup';

/** The versions of one model that serve. */
export class ServedVersions {
  #byVersion = new Map<string, ServedModel>();

  get all(): readonly ServedModel[] {
    return [...this.#byVersion.values()];
  }

  /** Ascending. */
  get names(): readonly string[] {
    return [...this.#byVersion.keys()].sort((a, b) => Number(a) - Number(b));
  }

  /** By version, ascending. */
  get inOrder(): readonly ServedModel[] {
    return this.names.flatMap((version) => this.#byVersion.get(version) ?? []);
  }

  /** The one that answers when none is named. */
  get newest(): ServedModel | undefined {
    const version = this.names.at(-1);
    return version === undefined ? undefined : this.#byVersion.get(version);
  }

  get(version: string): ServedModel | undefined {
    return this.#byVersion.get(version);
  }

  /** Puts others in their place. @returns those that were there, still serving what they have */
  replace(served: readonly ServedModel[]): readonly ServedModel[] {
    const before = this.all;
    this.#byVersion = new Map(served.map((one) => [one.version, one]));
    return before;
  }

  delete(version: string): void {
    this.#byVersion.delete(version);
  }

  get readyInstances(): number {
    return this.#sum((served) => served.readyInstances);
  }

  get queueLength(): number {
    return this.#sum((served) => served.queueLength);
  }

  get inFlight(): number {
    return this.#sum((served) => served.inFlight);
  }

  get sequences(): number {
    return this.#sum((served) => served.sequences);
  }

  /** Rows of the largest batch that all of them have run. */
  get warmedRows(): number {
    return Math.min(...this.all.map(({ warmed }) => warmed.rows));
  }

  get deviceShares(): readonly VersionShare[] {
    return this.all.flatMap((served) => served.deviceShare ?? []);
  }

  /** @param tags the model's `metric_tags` */
  metrics(tags: VersionView['tags']): readonly VersionView[] {
    return this.inOrder.map((served) => served.metrics(tags));
  }

  #sum(of: (served: ServedModel) => number): number {
    return this.all.reduce((sum, served) => sum + of(served), 0);
  }
}

/** Why a version does not answer, or the model when none is named: VERSION_NOT_FOUND or MODEL_NOT_READY. */
export function whyNotServed(
  version: string | null,
  { name, definition, state, reason }: Pick<ModelCondition, 'name' | 'definition' | 'state' | 'reason'>,
): EngineError {
  const versions = definition?.versions.map((onDisk) => onDisk.version) ?? [];
  if (version !== null && !versions.includes(version)) {
    const onDisk = versions.join(', ') || 'none';
    return new EngineError(
      'VERSION_NOT_FOUND',
      `model "${name}" has no version ${version}; on disk: ${onDisk}`,
    );
  }
  const which = version === null ? '' : ` version ${version}`;
  return new EngineError(
    'MODEL_NOT_READY',
    `model "${name}"${which} is ${state}${reason ? `: ${reason}` : ''}`,
    { retryAfterSeconds: 1 },
  );
}

/**
 * Loads the versions that a definition chooses, and its labels. When one fails none is left running.
 * Errors: MODEL_INVALID, INSTANCE_LOST.
 */
export async function startVersions(
  definition: ModelDefinition,
  stats: ModelStats,
  context: ServingContext,
  onGaveUp: (version: string, reason: string) => void,
): Promise<{ readonly versions: readonly ServedModel[]; readonly labels: OutputLabels }> {
  const labels = await readLabels(definition.folder, definition.config);
  const sequences = await readSequences(definition);
  const warmups = await readWarmups(definition, sequences);
  const versions = createVersions(definition, warmups, sequences, stats, context, onGaveUp);
  try {
    await startAll(versions);
  } catch (error) {
    await Promise.all(versions.map((served) => served.retire(0)));
    throw error;
  }
  return { versions, labels };
}

/** Waits for all of them, also when one fails: none may be on its way when they are let go. */
async function startAll(served: readonly ServedModel[]): Promise<void> {
  const started = await Promise.allSettled(served.map((one) => one.start()));
  const failure = started.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}

/** Samples by version, for those that are to serve. Errors: as `readWarmup`. */
export async function readWarmups(
  definition: ModelDefinition,
  sequences: ReadonlyMap<string, SequenceSetup>,
): Promise<ReadonlyMap<string, readonly WarmupSample[]>> {
  const { folder, config, stacks, settings } = definition;
  const warmups = new Map<string, readonly WarmupSample[]>();
  for (const { version, served, inputs, inputReshapes } of definition.versions) {
    const target = { folder, inputs, inputReshapes, stacks, maxBatchSize: settings.maxBatchSize };
    if (!served) continue;
    const samples = await readWarmup(config.model_warmup ?? [], target);
    const sequence = sequences.get(version);
    warmups.set(version, sequence ? withSequenceInputs(samples, sequence) : samples);
  }
  return warmups;
}

/** How sequences are kept, by version, for those that are to serve. Errors: as `readSequenceSetup`. */
export async function readSequences({
  folder,
  stacks,
  versions,
}: ModelDefinition): Promise<ReadonlyMap<string, SequenceSetup>> {
  const setups = new Map<string, SequenceSetup>();
  for (const { version, served, sequence } of versions)
    if (served && sequence) setups.set(version, await readSequenceSetup(sequence, folder, stacks));
  return setups;
}

/** The versions that a definition chooses, not started yet. */
function createVersions(
  definition: ModelDefinition,
  warmups: ReadonlyMap<string, readonly WarmupSample[]>,
  sequences: ReadonlyMap<string, SequenceSetup>,
  stats: ModelStats,
  context: ServingContext,
  onGaveUp: (version: string, reason: string) => void,
): readonly ServedModel[] {
  const { name, stacks, scheduling, settings } = definition;
  const autoWarmup = autoWarmupIsOn(definition.config);
  return definition.versions
    .filter((version) => version.served)
    .map((version) => {
      const spec = {
        name,
        version: version.version,
        tensors: version,
        stacks,
        scheduling,
        settings,
        warmup: warmups.get(version.version) ?? [],
        autoWarmup,
        cpuBudget: definition.settingsContext.cpuBudget,
        fileSizeBytes: definition.fileSizeBytes,
        sequence: sequences.get(version.version) ?? null,
        instanceSpecOf: (wanted: ModelSettings) => definition.instanceSpecOf(version, wanted),
        onGaveUp: (reason: string) => onGaveUp(version.version, reason),
      };
      return new ServedModel(spec, stats, context);
    });
}
