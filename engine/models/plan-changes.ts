import { isDeepStrictEqual } from 'node:util';
import type { ModelDefinition } from './model-definition';
import type { ScannedModel } from './repository';

export interface RepositoryChanges {
  readonly added: readonly ScannedModel[];
  readonly removed: readonly string[];
  /** 'config': only settings differ, which apply while serving. 'files': the model has to be loaded anew. */
  readonly modified: readonly { readonly scanned: ScannedModel; readonly kind: 'config' | 'files' }[];
}

/** What happened in a repository between two scans. Pure; applied to `before` it gives `after`. */
export function planChanges(
  before: readonly ScannedModel[],
  after: readonly ScannedModel[],
): RepositoryChanges {
  const old = new Map(before.map((scanned) => [scanned.name, scanned]));
  const present = new Set(after.map((scanned) => scanned.name));
  const added: ScannedModel[] = [];
  const modified: { scanned: ScannedModel; kind: 'config' | 'files' }[] = [];
  for (const scanned of after) {
    const known = old.get(scanned.name);
    if (known === undefined) added.push(scanned);
    else if (known !== scanned && !isSame(known, scanned))
      modified.push({ scanned, kind: kindOf(known.definition, scanned.definition) });
  }
  return {
    added,
    removed: before.filter(({ name }) => !present.has(name)).map(({ name }) => name),
    modified,
  };
}

function isSame(a: ScannedModel, b: ScannedModel): boolean {
  return (
    a.definition?.fingerprint === b.definition?.fingerprint &&
    a.error?.message === b.error?.message &&
    a.error?.code === b.error?.code
  );
}

/** How a model has to be followed from one definition to the next. */
export function kindOf(before: ModelDefinition | null, after: ModelDefinition | null): 'config' | 'files' {
  if (before === null || after === null) return 'files';
  return isDeepStrictEqual(loadedParts(before), loadedParts(after)) ? 'config' : 'files';
}

/** All of a definition that a loaded model was made from; the rest are settings. */
function loadedParts(definition: ModelDefinition): unknown {
  const { backend, versions, stacks, fingerprint, settings, config } = definition;
  const files = fingerprint.slice(fingerprint.indexOf('\n') + 1);
  // Settings are left out by asking both for the same ones.
  const fixed = { ...settings, executionProviders: ['cpu' as const], intraOpThreads: 1 };
  // How much may wait is a setting.
  const { queuePolicyOf: _lookUp, defaultQueuePolicy, ...scheduling } = definition.scheduling;
  return {
    backend,
    scheduling: { ...scheduling, defaultQueuePolicy: { ...defaultQueuePolicy, maxQueueSize: 0 } },
    versions,
    stacks,
    files,
    labels: config.output?.map((output) => output.label_filename),
    warmup: config.model_warmup,
    specs: versions.map((version) => definition.instanceSpecOf(version, fixed)),
  };
}
