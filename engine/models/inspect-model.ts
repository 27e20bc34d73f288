import { EngineError } from '../base';
import { dimsOmitBatch, settingsOf } from '../config';
import type { ModelInspection } from '../contract';
import { clientTensors } from './client-tensors';
import { estimateMemory } from './memory';
import { findModelSource } from './model-source';
import { freeName, suggestName } from './suggest-name';

export interface InspectOptions {
  /** Cores that this engine may use. */
  readonly cpuBudget: number;
  readonly takenNames: readonly string[];
  readonly platform?: NodeJS.Platform;
}

/**
 * A look into a model before anything is copied or loaded.
 *
 * Errors: NOT_FOUND, MODEL_INVALID, UNSUPPORTED; the message says what was found instead.
 */
export async function inspectModel(path: string, options: InspectOptions): Promise<ModelInspection> {
  const source = await findModelSource(path);
  const { facts, config } = source;
  if (facts === null) {
    throw new EngineError(
      'UNSUPPORTED',
      'this is a simulated device: there is no model file to look into. Copy its folder into the repository',
    );
  }
  const obstacle = facts.batchable ? null : facts.batchingNote;
  const { settings } = settingsOf(config, {
    obstacle,
    cpuBudget: options.cpuBudget,
    platform: options.platform ?? process.platform,
  });
  const stacks = dimsOmitBatch(config, facts.batchable);
  const { inputs, outputs } = clientTensors(config, facts, settings.maxBatchSize, stacks);
  const taken = new Set(options.takenNames);
  return {
    path,
    suggestedName: await freeName(suggestName(source.baseName), (name) => taken.has(name)),
    kind: source.kind,
    fileSizeBytes: facts.fileSizeBytes,
    irVersion: facts.irVersion,
    opsets: facts.opsets,
    producer: facts.producer,
    nodeCount: facts.nodeCount,
    inputs,
    outputs,
    batchable: facts.batchable,
    batchingNote: facts.batchingNote,
    memory: estimateMemory({
      versions: [facts.memory],
      maxRows: dimsOmitBatch(config, facts.batchable) ? settings.maxBatchSize : 1,
      instances: settings.instanceCount,
      isOnCpu: settings.executionProviders[0] === 'cpu',
      isStated: false,
    }),
    settings,
  };
}
