import type { ModelSettings } from '../../../contract';
import type { ServedModel } from '../../../models';
import type { ModelKind } from './model-kinds';

/** One version of a model of the run, as the registry would have it served. */
export function specOf(
  kind: ModelKind,
  version: string,
  settings: ModelSettings,
): ConstructorParameters<typeof ServedModel>[0] {
  return {
    name: kind.name,
    version,
    tensors: {
      inputs: kind.inputs,
      outputs: kind.outputs,
      inputReshapes: new Map(),
      outputReshapes: new Map(),
    },
    stacks: kind.stacks,
    scheduling: kind.scheduling,
    settings,
    autoWarmup: kind.sequence === null,
    cpuBudget: 4,
    fileSizeBytes: 0,
    sequence: kind.sequence,
    instanceSpecOf: ({ intraOpThreads, executionProviders }) => ({
      backend: 'onnxruntime',
      modelPath: kind.name,
      executionProviders,
      intraOpThreads,
    }),
  };
}
