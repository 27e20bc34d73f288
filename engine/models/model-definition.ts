import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EngineError } from '../base';
import {
  configParameter,
  dimsOmitBatch,
  editModelConfig,
  type ModelConfig,
  parseModelConfig,
  patchModelConfig,
  type SchedulingConfig,
  type SettingsContext,
  schedulingConfigOf,
  sessionTuningOf,
  settingsOf,
} from '../config';
import type { ModelSettings, ModelSettingsPatch, SettingOrigin, TensorSpec } from '../contract';
import type { SessionSpec } from '../inference';
import { backendOf, checkSupported } from './check-config';
import { type ClientTensors, clientTensors } from './client-tensors';
import { keptDefaults, type ServedTensors, statedTensors } from './config-tensors';
import { keptFields } from './kept-fields';
import type { GraphMemory } from './memory/graph-memory';
import { findModelFile } from './model-file';
import { CONFIG_FILE, type ModelFolder, readModelFolder, resolveModelFolder } from './model-folder';
import { type OnnxFacts, readOnnxFile } from './onnx-file';
import type { Reshapes } from './reshape';
import { servedVersions } from './version-policy';

/** One version directory. */
export interface ModelVersion extends ClientTensors {
  readonly version: string;
  /** The model file (for a simulated device: the version directory). */
  readonly path: string;
  /** Chosen by the version policy. One that is not has no tensors here: its file is not read. */
  readonly served: boolean;
}

const NO_TENSORS: ClientTensors = {
  inputs: [],
  outputs: [],
  inputReshapes: new Map(),
  outputReshapes: new Map(),
  sequence: null,
};

/** Everything needed to serve a model, read from its folder. */
/** The tensors are those of the highest served version. */
export interface ModelDefinition extends ServedTensors {
  readonly name: string;
  readonly folder: string;
  readonly backend: 'onnxruntime' | 'simulated';
  /** As the file has it; `{}` without one. */
  readonly config: ModelConfig;
  /** The text of config.pbtxt; empty without one. */
  readonly configText: string;
  /** Fields that the configuration sets and that have no effect here. */
  readonly keptFields: readonly string[];
  /** Optional inputs that always have the value in the model file. */
  readonly keptDefaults: readonly string[];
  /** All version directories, ascending by number. */
  readonly versions: readonly ModelVersion[];
  /** What the file of the highest served version says; null for a simulated device. */
  readonly facts: OnnxFacts | null;
  /** What a session of each served version takes. */
  readonly memory: readonly GraphMemory[];
  readonly batchable: boolean;
  /** Requests are stacked along dimension 0, which `dims` in the file leave out. False: they run alone, of whatever size. */
  readonly stacks: boolean;
  readonly batchingNote: string | null;
  /** Triton's scheduling blocks. */
  readonly scheduling: SchedulingConfig;
  readonly settings: ModelSettings;
  readonly origins: Readonly<Record<keyof ModelSettings, SettingOrigin>>;
  /** The file of the highest served version and its external data. */
  readonly fileSizeBytes: number;
  /** Changes when any file of the model does. */
  readonly fingerprint: string;
  /** What the settings were made with, and what a change of them needs. */
  readonly settingsContext: SettingsContext;
  readonly instanceSpecOf: (version: ModelVersion, settings: ModelSettings) => SessionSpec;
}

export interface DefinitionOptions {
  /** Cores that this engine may use. */
  readonly cpuBudget: number;
  readonly platform?: NodeJS.Platform;
}

/**
 * Reads a model of a repository and checks its configuration against its file.
 *
 * Errors: INVALID_ARGUMENT (name), NOT_FOUND, MODEL_INVALID, UNSUPPORTED; the message says what is wrong and what to do.
 */
export async function readModelDefinition(
  repositoryPath: string,
  name: string,
  options: DefinitionOptions,
): Promise<ModelDefinition> {
  const path = await resolveModelFolder(repositoryPath, name);
  return defineModel(await readModelFolder(path, name), options);
}

/** As `readModelDefinition`, of a folder that was read already. */
export async function defineModel(folder: ModelFolder, options: DefinitionOptions): Promise<ModelDefinition> {
  const config = folder.configText === null ? {} : parseModelConfig(folder.configText);
  checkSupported(config, folder.name);
  const context = { cpuBudget: options.cpuBudget, platform: options.platform ?? process.platform };
  return backendOf(config) === 'simulated'
    ? defineSimulated(folder, config, context)
    : defineOnnx(folder, config, context);
}

type Machine = Omit<SettingsContext, 'obstacle'>;

async function defineOnnx(
  folder: ModelFolder,
  config: ModelConfig,
  machine: Machine,
): Promise<ModelDefinition> {
  if (folder.versions.length === 0) throw new EngineError('MODEL_INVALID', noVersions(folder));
  const served = servedVersions(config, folder.versions);
  const read = await Promise.all(
    served.map(async (version) => {
      const path = await findModelFile(folder, version, config.default_model_filename);
      try {
        return { version, path, facts: await readOnnxFile(path) };
      } catch (error) {
        if (error instanceof EngineError)
          throw new EngineError(error.code, `version ${version}: ${error.message}`, { cause: error });
        throw error;
      }
    }),
  );
  const newest = read[read.length - 1];
  if (newest === undefined) throw new EngineError('MODEL_INVALID', noVersions(folder));
  // One switch for all versions: they share a configuration and its max_batch_size.
  const obstacle =
    read.map(({ facts }) => (facts.batchable ? null : facts.batchingNote)).find((note) => note !== null) ??
    null;
  const context: SettingsContext = { ...machine, obstacle };
  const tuning = sessionTuningOf(config);
  const { settings, origins } = settingsOf(config, context);
  const omitsBatch = dimsOmitBatch(config, obstacle === null);
  const versions = folder.versions.map((version): ModelVersion => {
    const found = read.find((one) => one.version === version);
    if (!found) return { version, path: join(folder.path, version), served: false, ...NO_TENSORS };
    return {
      version,
      path: found.path,
      served: true,
      ...clientTensors(config, found.facts, settings.maxBatchSize, omitsBatch),
    };
  });
  const top = versions.find((one) => one.version === newest.version);
  return {
    ...common(folder, config, context),
    backend: 'onnxruntime',
    versions,
    ...tensorsOf(top ?? NO_TENSORS),
    facts: newest.facts,
    memory: read.map(({ facts }) => facts.memory),
    keptDefaults: keptDefaults(config, newest.facts),
    batchable: obstacle === null,
    stacks: omitsBatch,
    batchingNote: obstacle ?? (omitsBatch ? newest.facts.batchingNote : aloneNote(config)),
    settings,
    origins,
    fileSizeBytes: newest.facts.fileSizeBytes,
    instanceSpecOf: (version, wanted) => ({
      backend: 'onnxruntime',
      modelPath: version.path,
      executionProviders: wanted.executionProviders,
      intraOpThreads: wanted.intraOpThreads,
      tuning,
    }),
  };
}

/** A device that is only waited for: its tensors and its cost curve stand in the configuration, and there is no model file. */
async function defineSimulated(
  folder: ModelFolder,
  config: ModelConfig,
  machine: Machine,
): Promise<ModelDefinition> {
  const batchable = (config.max_batch_size ?? 0) > 0;
  const obstacle = batchable ? null : 'max_batch_size is not set';
  const context: SettingsContext = { ...machine, obstacle };
  const { settings, origins } = settingsOf(config, context);
  if (!config.input?.length || !config.output?.length) {
    throw new EngineError(
      'MODEL_INVALID',
      'config.pbtxt: a simulated device needs both input and output, since there is no model file to read them from',
    );
  }
  const tensors = statedTensors(config, batchable);
  const { inputs, outputs } = tensors;
  const device = {
    inputs: inputs.map((spec) => asModelSees(spec, tensors.inputReshapes)),
    outputs: outputs.map((spec) => asModelSees(spec, tensors.outputReshapes)),
  };
  const baseUs = costOf(config, 'ferry.simulated.base_us');
  const perRowUs = costOf(config, 'ferry.simulated.per_row_us');
  const fitting = fittingRows(config);
  const names = folder.versions.length > 0 ? folder.versions : ['1'];
  const served = servedVersions(config, names);
  return {
    ...common(folder, config, context),
    backend: 'simulated',
    versions: names.map((version) => ({
      version,
      path: join(folder.path, version),
      served: served.includes(version),
      sequence: null,
      ...tensors,
    })),
    ...tensors,
    facts: null,
    memory: served.map(() => statedMemory(config)),
    keptDefaults: [],
    batchable,
    stacks: batchable,
    batchingNote: obstacle,
    settings,
    origins,
    fileSizeBytes: 0,
    instanceSpecOf: () => ({ backend: 'simulated', ...device, baseUs, perRowUs, ...fitting }),
  };
}

/** Why requests of a model that could be stacked are not. */
function aloneNote(config: ModelConfig): string {
  const why =
    config.max_batch_size === undefined
      ? 'config.pbtxt lists inputs and outputs and no max_batch_size'
      : 'max_batch_size is 0 in config.pbtxt';
  return `${why}: dims are the full shapes and every request runs alone, of whatever size. Switch batching on to stack requests`;
}

function tensorsOf({ inputs, outputs, inputReshapes, outputReshapes }: ServedTensors): ServedTensors {
  return { inputs, outputs, inputReshapes, outputReshapes };
}

function asModelSees(spec: TensorSpec, reshapes: Reshapes): TensorSpec {
  const shape = reshapes.get(spec.name)?.model ?? spec.shape;
  return { ...spec, shape, dimNames: shape.map(() => null) };
}

function common(folder: ModelFolder, config: ModelConfig, settingsContext: SettingsContext) {
  const { name, path, fingerprint } = folder;
  return {
    name,
    folder: path,
    config,
    configText: folder.configText ?? '',
    keptFields: keptFields(config),
    scheduling: schedulingConfigOf(config),
    settingsContext,
    fingerprint: joined(fingerprint),
  };
}

const MAX_SIMULATED_BYTES = 2 ** 50;

/** Of one instance, for trying out budgets without the memory. */
function statedMemory(config: ModelConfig): GraphMemory {
  const key = 'ferry.simulated.memory_bytes';
  const text = configParameter(config, key) ?? '0';
  const weightBytes = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (weightBytes <= MAX_SIMULATED_BYTES)
    return { weightBytes, packedBytes: 0, peak: { points: [], known: 1 }, cautions: [] };
  throw new EngineError(
    'MODEL_INVALID',
    `config.pbtxt: parameter "${key}" is "${text.slice(0, 50)}"; it must be bytes from 0 to ${MAX_SIMULATED_BYTES}`,
  );
}

/** Rows that fit into a simulated device's memory; without it, any. */
function fittingRows(config: ModelConfig): { readonly fittingRows?: number } {
  const key = 'ferry.simulated.fitting_rows';
  const text = configParameter(config, key);
  if (text === undefined || text === null) return {};
  if (/^[1-9]\d{0,8}$/.test(text)) return { fittingRows: Number(text) };
  throw new EngineError(
    'MODEL_INVALID',
    `config.pbtxt: parameter "${key}" is "${text.slice(0, 50)}"; it must be rows from 1 to 999999999`,
  );
}

const MAX_COST_US = 60_000_000;

function costOf(config: ModelConfig, key: string): number {
  const text = configParameter(config, key) ?? '0';
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= MAX_COST_US) return value;
  throw new EngineError(
    'MODEL_INVALID',
    `config.pbtxt: parameter "${key}" is "${text}"; it must be microseconds from 0 to ${MAX_COST_US}`,
  );
}

function noVersions(folder: ModelFolder): string {
  const odd =
    folder.oddVersions.length > 0
      ? ` ("${folder.oddVersions.join('", "')}" is none: a version is a number without letters or leading zeros)`
      : '';
  return `the folder "${folder.name}" has no version directory${odd}. Put the model at ${folder.name}/1/model.onnx`;
}

/**
 * The definition as changed settings would make it; nothing is written.
 * Errors: INVALID_ARGUMENT when a value does not fit the model.
 */
export async function redefine(
  definition: ModelDefinition,
  patch: ModelSettingsPatch,
): Promise<ModelDefinition> {
  const { settingsContext: context, config, configText: text } = definition;
  const configText = editModelConfig(text, patchModelConfig(config, patch, context));
  const folder = await readModelFolder(definition.folder, definition.name);
  return defineModel({ ...folder, configText }, context);
}

/**
 * Writes changed settings into config.pbtxt, keeping what else is in it, comments too, and answers the definition as it then is.
 *
 * Errors: INVALID_ARGUMENT when a value does not fit the model; MODEL_INVALID when the file was broken by hand meanwhile;
 * INTERNAL when it cannot be written.
 */
export async function writeSettings(
  definition: ModelDefinition,
  patch: ModelSettingsPatch,
): Promise<ModelDefinition> {
  const [text, edited] = await settingsTexts(definition, patch);
  if (edited !== text) await replaceFile(join(definition.folder, CONFIG_FILE), edited);
  return defineModel(await readModelFolder(definition.folder, definition.name), definition.settingsContext);
}

/** The text of config.pbtxt as it is, and as changed settings would make it. Errors: as `writeSettings`. */
export async function settingsTexts(
  definition: ModelDefinition,
  patch: ModelSettingsPatch,
): Promise<[before: string, after: string]> {
  const { configText } = await readModelFolder(definition.folder, definition.name);
  const text = configText ?? '';
  const target = patchModelConfig(parseModelConfig(text), patch, definition.settingsContext);
  return [text, editModelConfig(text, target)];
}

/** What `definition.fingerprint` would be now. */
export async function fingerprintOf(definition: ModelDefinition): Promise<string> {
  const { fingerprint } = await readModelFolder(definition.folder, definition.name);
  return joined(fingerprint);
}

const joined = ({ config, files }: ModelFolder['fingerprint']): string => `${config}\n${files}`;

/** Readers see the old text or the new one, never half of it. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${CONFIG_FILE}.${randomUUID()}`);
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new EngineError(
      'INTERNAL',
      `${CONFIG_FILE} cannot be written: ${(error as Error).message}. The change holds until the model is loaded anew`,
      { cause: error },
    );
  }
}
