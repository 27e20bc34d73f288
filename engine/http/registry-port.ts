import { EngineError } from '../base';
import type { ModelRegistry } from '../models';
import type { ModelsPort } from './models-port';

/** Triton's names for what runs a model. */
const PLATFORMS = { onnxruntime: 'onnxruntime_onnx', simulated: 'ferry_simulated' } as const;

/** The registry as the data plane sees it. */
export function registryAsModelsPort(registry: ModelRegistry): ModelsPort {
  return {
    isReady: () => registry.isReady,
    isLive: () => true,
    metadata: (name, version) => {
      const { inputs, outputs, versionsReady } = registry.specOf(name, version);
      const platform = PLATFORMS[registry.summary(name).backend];
      return { name, versions: version === null ? versionsReady : [version], platform, inputs, outputs };
    },
    modelReady: (name, version) => {
      try {
        return registry.served(name, version).readyInstances > 0;
      } catch (error) {
        // Not ready is an answer; unknown is an error that says so.
        if (error instanceof EngineError && error.code === 'MODEL_NOT_READY') return false;
        throw error;
      }
    },
    inputsOf: (name, version) => registry.inputsOf(name, version),
    infer: (request) => registry.infer(request),
  };
}
