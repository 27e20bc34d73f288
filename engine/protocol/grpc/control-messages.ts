import { invalid } from '../../base';
import type {
  LoadOverride,
  LogSettings,
  ModelMetadata,
  ModelStatistics,
  RepositoryIndexEntry,
  ServerInfo,
  SettingsChange,
  TraceSettings,
} from '../../inference';
import { checkUnloadParameter, LoadOverrideBuilder } from '../control-bodies';
import { statisticsRecord } from '../statistics';
import { decodeMessage, encodeMessage, messageType } from './schema';

const decoder = (name: string) => {
  const type = messageType(`inference.${name}`);
  return (bytes: Uint8Array) => decodeMessage(type, bytes);
};
const encoder = (name: string) => {
  const type = messageType(`inference.${name}`);
  return (value: Readonly<Record<string, unknown>>) => encodeMessage(type, value);
};

const decodeModelName = decoder('ModelMetadataRequest');
const decodeIndex = decoder('RepositoryIndexRequest');
const decodeLoad = decoder('RepositoryModelLoadRequest');
const decodeTrace = decoder('TraceSettingRequest');
const decodeLog = decoder('LogSettingsRequest');
const encodeMetadata = encoder('ModelMetadataResponse');

/** Answers that are no more than their fields. */
export const encodeLive = encoder('ServerLiveResponse');
export const encodeReady = encoder('ServerReadyResponse');
const encodeServer = encoder('ServerMetadataResponse');
const encodeConfigResponse = encoder('ModelConfigResponse');
const encodeStatisticsResponse = encoder('ModelStatisticsResponse');
const encodeIndexResponse = encoder('RepositoryIndexResponse');
const encodeTrace = encoder('TraceSettingResponse');
const encodeLog = encoder('LogSettingsResponse');

/** Every message that only names a model: ModelReady, ModelMetadata, ModelConfig and ModelStatistics have the same two fields. */
export function decodeModelRequest(bytes: Uint8Array): { readonly name: string; readonly version: string } {
  const { name, version } = decodeModelName(bytes);
  return { name: String(name), version: String(version) };
}

export function encodeGrpcServerMetadata({ name, version, extensions }: ServerInfo): Uint8Array {
  return encodeServer({ name, version, extensions });
}

export function encodeGrpcModelMetadata(metadata: ModelMetadata): Uint8Array {
  return encodeMetadata({ ...metadata });
}

export function encodeGrpcModelConfig(config: Readonly<Record<string, unknown>>): Uint8Array {
  return encodeConfigResponse({ config });
}

export function encodeGrpcStatistics(statistics: readonly ModelStatistics[]): Uint8Array {
  return encodeStatisticsResponse({ model_stats: statistics.map(statisticsRecord) });
}

/** Whether only ready models are wanted. */
export function decodeGrpcIndexRequest(bytes: Uint8Array): boolean {
  const { repository_name, ready } = decodeIndex(bytes);
  refuseRepositoryName(repository_name);
  return ready === true;
}

export function encodeGrpcIndex(models: readonly RepositoryIndexEntry[]): Uint8Array {
  return encodeIndexResponse({ models });
}

export function decodeGrpcLoadRequest(bytes: Uint8Array): {
  readonly name: string;
  readonly override: LoadOverride;
} {
  const { repository_name, model_name, parameters } = decodeLoad(bytes);
  refuseRepositoryName(repository_name);
  const builder = new LoadOverrideBuilder();
  for (const [key, value] of Object.entries(parameters as Record<string, Choice>)) {
    if (key === 'config') builder.setConfig(String(choiceOf(value, key, 'string_param')));
    else builder.addFile(key, choiceOf(value, key, 'bytes_param') as Uint8Array);
  }
  return { name: String(model_name), override: builder.build() };
}

/** The name of the model. */
export function decodeGrpcUnloadRequest(bytes: Uint8Array): string {
  const { repository_name, model_name, parameters } = decodeLoad(bytes);
  refuseRepositoryName(repository_name);
  for (const [key, value] of Object.entries(parameters as Record<string, Choice>)) {
    checkUnloadParameter(key);
    choiceOf(value, key, 'bool_param');
  }
  return String(model_name);
}

export function decodeGrpcTraceRequest(bytes: Uint8Array): {
  readonly model: string | null;
  readonly change: SettingsChange;
} {
  const { model_name, settings } = decodeTrace(bytes);
  const change = new Map<string, string | readonly string[] | null>();
  for (const [key, setting] of Object.entries(settings as Record<string, { value: string[] }>)) {
    const { value } = setting;
    // No value takes the setting back; only the levels are a list.
    if (value.length === 0) change.set(key, null);
    else if (key === 'trace_level') change.set(key, value);
    else if (value.length === 1) change.set(key, value[0] as string);
    else throw invalid(`setting "${key.slice(0, 60)}": has ${value.length} values, it takes one`);
  }
  return { model: model_name === '' ? null : String(model_name), change };
}

export function encodeGrpcTraceSettings(settings: TraceSettings): Uint8Array {
  return encodeTrace({
    settings: Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [
        key,
        { value: Array.isArray(value) ? value : [value] },
      ]),
    ),
  });
}

export function decodeGrpcLogRequest(bytes: Uint8Array): SettingsChange {
  const change = new Map<string, string | number | boolean>();
  const { settings } = decodeLog(bytes);
  for (const [key, setting] of Object.entries(settings as Record<string, Choice>)) {
    const chosen = setting.parameter_choice;
    if (chosen === undefined) throw invalid(`setting "${key.slice(0, 60)}": has no value`);
    change.set(key, setting[chosen] as string | number | boolean);
  }
  return change;
}

export function encodeGrpcLogSettings(settings: LogSettings): Uint8Array {
  return encodeLog({
    settings: Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, logValue(value)])),
  });
}

function logValue(value: string | number | boolean) {
  if (typeof value === 'boolean') return { bool_param: value };
  return typeof value === 'number' ? { uint32_param: value } : { string_param: value };
}

/** A decoded oneof: which member is there, and it. */
interface Choice extends Readonly<Record<string, unknown>> {
  readonly parameter_choice?: string;
}

function choiceOf(value: Choice, key: string, wanted: string): unknown {
  if (value.parameter_choice === wanted) return value[wanted];
  throw invalid(
    `parameter "${key.slice(0, 60)}": must be a ${wanted}, ${value.parameter_choice ?? 'no value'} was given`,
  );
}

function refuseRepositoryName(name: unknown): void {
  if (name !== '')
    throw invalid(
      `repository_name: there is one repository, and it has no name; ${JSON.stringify(String(name).slice(0, 60))} was given`,
    );
}
