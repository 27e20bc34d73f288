// SEAM (lead -> repository author): registry.ts and registry-entry.ts are written against exactly these shapes and functions;
// please implement them here / in the files named, keeping names and signatures, and delete this comment.
//   readModelDefinition, writeSettings            here
//   scanRepository, ScannedModel                  repository.ts     scanRepository(repositoryPath, { cpuBudget }): Promise<readonly ScannedModel[]>
//   planChanges                                   plan-changes.ts   planChanges(before: readonly ScannedModel[], after) -> { added: ScannedModel[]; removed: string[]; modified: { scanned: ScannedModel; kind: 'config' | 'files' }[] }
//   importModel({ path, name, repositoryPath }), removeModel(repositoryPath, name)   import-model.ts
//   inspectModel(path, { cpuBudget, takenNames }) inspect-model.ts
//   loadState(dataPath, logger): Promise<{ loaded: readonly string[] } | null>, saveState(dataPath, { loaded })   state-file.ts
import type { EngineError } from '../base';
import type { ModelSettings, SettingOrigin, TensorSpec } from '../contract';
import type { InstanceSpec } from '../instances';

/** One version directory. */
export interface ModelVersion {
  readonly version: string;
  /** The model file (for a simulated device: the version directory). */
  readonly path: string;
  /** Chosen by the version policy. */
  readonly served: boolean;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** Everything needed to serve a model, read from its folder. */
export interface ModelDefinition {
  readonly name: string;
  readonly folder: string;
  readonly backend: 'onnxruntime' | 'simulated';
  /** All version directories, ascending by number. */
  readonly versions: readonly ModelVersion[];
  /** Of the highest served version. */
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly batchable: boolean;
  readonly batchingNote: string | null;
  readonly settings: ModelSettings;
  readonly origins: Readonly<Record<keyof ModelSettings, SettingOrigin>>;
  readonly fileSizeBytes: number;
  /** Changes when any file of the model does. */
  readonly fingerprint: string;
  readonly instanceSpecOf: (version: ModelVersion, settings: ModelSettings) => InstanceSpec;
}

/** What the scan of a repository found in one folder: a definition, or why there is none. */
export interface ScannedModelShape {
  readonly name: string;
  readonly definition: ModelDefinition | null;
  readonly error: EngineError | null;
}

export declare function readModelDefinition(repositoryPath: string, name: string, options: { readonly cpuBudget: number }): Promise<ModelDefinition>;
/** Writes a patch into config.pbtxt (keeping comments) and returns the definition as it then is. */
export declare function writeSettings(definition: ModelDefinition, patch: Partial<ModelSettings>): Promise<ModelDefinition>;
