import { EngineError } from '../base';
import type { ModelConfig } from '../config';

const refuse = (message: string, code: 'MODEL_INVALID' | 'UNSUPPORTED' = 'MODEL_INVALID'): EngineError =>
  new EngineError(code, `config.pbtxt: ${message}`);

/** Parts of Triton's configuration that change what a model answers and that Ferry does not have: better refused than ignored. */
export function checkSupported(config: ModelConfig, name: string): void {
  if (config.name !== undefined && config.name !== '' && config.name !== name) {
    throw refuse(
      `name is "${config.name}", the folder is called "${name}". Make them equal or remove the name`,
    );
  }
  const missing = MISSING_FEATURES.find(([has]) => has(config));
  if (missing) throw refuse(missing[1], 'UNSUPPORTED');
}

const MISSING_FEATURES: readonly (readonly [has: (config: ModelConfig) => boolean, message: string])[] = [
  [(c) => c.ensemble_scheduling !== undefined || c.platform === 'ensemble', 'ensembles are not supported'],
  [
    (c) => c.sequence_batching !== undefined && c.backend === 'ferry_simulated',
    'sequence_batching is not supported by a simulated device: it keeps no state',
  ],
  [
    (c) => c.model_transaction_policy?.decoupled === true,
    'decoupled models are not supported: a request has one response',
  ],
  [
    (c) => c.input?.some((tensor) => tensor.allow_ragged_batch) === true,
    'allow_ragged_batch is not supported',
  ],
  [
    (c) => (c.batch_input?.length ?? 0) + (c.batch_output?.length ?? 0) > 0,
    'batch_input and batch_output are not supported',
  ],
];

/** Which backend serves the model. Errors: UNSUPPORTED for one that is not here. */
export function backendOf(config: ModelConfig): 'onnxruntime' | 'simulated' {
  const { backend = '', platform = '' } = config;
  if (backend === 'ferry_simulated') return 'simulated';
  if (backend !== '' && backend !== 'onnxruntime')
    throw refuse(
      `backend "${backend}" is not here; known are "onnxruntime" and "ferry_simulated"`,
      'UNSUPPORTED',
    );
  if (platform !== '' && platform !== 'onnxruntime_onnx')
    throw refuse(`platform "${platform}" is not here; the only one is "onnxruntime_onnx"`, 'UNSUPPORTED');
  return 'onnxruntime';
}
