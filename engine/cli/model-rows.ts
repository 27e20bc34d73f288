import type { BatchingMode, ModelSummary } from '../contract';
import { failure } from './cli-error';
import type { EngineLink } from './engine-link';
import { type IndexEntry, type ModelConfigJson, ServerRefusal, type V2Client } from './v2-client';

/** One model (version) of the list. Null: the server does not tell. */
export interface ModelRow {
  readonly name: string;
  readonly version: string;
  /** The protocol's word, in small letters. */
  readonly state: string;
  readonly reason: string;
  readonly maxBatchSize: number | null;
  readonly maxQueueDelayUs: number | null;
  readonly instances: number | null;
  /** The rest is what the control plane knows. */
  readonly batching: BatchingMode | null;
  readonly instancesReady: number | null;
  readonly provider: string | null;
  /** What it takes of its device, or would take. */
  readonly memoryBytes: number | null;
  /** It is loaded with the next request. */
  readonly onCall: boolean | null;
}

/** From the control plane when it is known, else from the repository's index and each model's configuration. */
export async function listModels(engine: EngineLink): Promise<readonly ModelRow[]> {
  const control = await engine.control();
  if (control) return (await control.models()).map(rowOfSummary);
  const client = await engine.inference();
  const index = await client.index().catch((error: unknown) => {
    if (!(error instanceof ServerRefusal) || !error.isUnsupported) throw error;
    throw failure(
      `the server at ${client.url} does not list its models: it has no repository extension`,
      error,
    );
  });
  return Promise.all(index.map((entry) => rowOfEntry(client, entry)));
}

function rowOfSummary(model: ModelSummary): ModelRow {
  const { settings } = model;
  return {
    name: model.name,
    version: model.versionsReady.join(',') || model.versionsOnDisk.join(','),
    state: model.state,
    reason: model.reason ?? '',
    maxBatchSize: settings.maxBatchSize,
    maxQueueDelayUs: settings.maxQueueDelayUs,
    instances: settings.instanceCount,
    batching: settings.batching,
    instancesReady: model.instancesReady,
    provider: model.activeProvider,
    memoryBytes: model.memory?.totalBytes ?? null,
    onCall: model.onCall,
  };
}

async function rowOfEntry(client: V2Client, entry: IndexEntry): Promise<ModelRow> {
  const isReady = entry.state === 'READY';
  const config = isReady ? await client.config(entry.name, entry.version || null).catch(refusedIsNull) : null;
  return {
    name: entry.name,
    version: entry.version,
    state: entry.state.toLowerCase(),
    reason: entry.reason,
    ...batchingOf(config),
    batching: config === null ? null : 'dynamic_batching' in config ? 'fixed' : 'off',
    instancesReady: null,
    provider: null,
    memoryBytes: null,
    onCall: null,
  };
}

/** The figures of a configuration that the list shows. */
export function batchingOf(
  config: ModelConfigJson | null,
): Pick<ModelRow, 'maxBatchSize' | 'maxQueueDelayUs' | 'instances'> {
  if (config === null) return { maxBatchSize: null, maxQueueDelayUs: null, instances: null };
  const dynamic = config.dynamic_batching as { readonly max_queue_delay_microseconds?: unknown } | undefined;
  const groups = Array.isArray(config.instance_group)
    ? (config.instance_group as { readonly count?: unknown }[])
    : [];
  const counts = groups.map(({ count }) => Number(count ?? 1));
  return {
    maxBatchSize: numberOrNull(config.max_batch_size),
    maxQueueDelayUs: dynamic === undefined ? null : numberOrNull(dynamic.max_queue_delay_microseconds ?? 0),
    instances: counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0),
  };
}

/** 64-bit numbers come as numbers or as texts of digits. */
function numberOrNull(value: unknown): number | null {
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) ? number : null;
}

/** For what a server may lack, or may refuse for one model: the list goes on without it. */
export function refusedIsNull(error: unknown): null {
  if (error instanceof ServerRefusal) return null;
  throw error;
}
