import { EngineError } from '../base';
import type { TensorSpec } from '../contract';
import type { InferenceRequest, InferenceResult } from '../inference';
import type { ModelsPort } from './models-port';

const X: TensorSpec = {
  name: 'x',
  datatype: 'FP32',
  shape: [-1, 3],
  dimNames: ['batch', null],
  optional: false,
};

/** Tests' ModelsPort: the model "identity" gives its inputs back as outputs of the same names. */
export class IdentityModels implements ModelsPort {
  ready = true;
  live = true;
  /** What `infer` waits for, or throws; replaced by tests. */
  before: (request: InferenceRequest) => void | Promise<void> = () => undefined;
  readonly served: InferenceRequest[] = [];

  isReady(): boolean {
    return this.ready;
  }

  isLive(): boolean {
    return this.live;
  }

  metadata(name: string, version: string | null) {
    this.#find(name, version);
    return {
      name,
      versions: [version ?? '1'],
      platform: 'onnxruntime_onnx',
      inputs: [X],
      outputs: [{ ...X, name: 'y' }],
    };
  }

  modelReady(name: string, version: string | null): boolean {
    this.#find(name, version);
    return this.ready;
  }

  inputsOf(name: string, version: string | null): readonly TensorSpec[] {
    this.#find(name, version);
    return [X];
  }

  async infer(request: InferenceRequest): Promise<InferenceResult> {
    this.#find(request.model, request.version);
    this.served.push(request);
    await this.before(request);
    return {
      model: request.model,
      version: request.version ?? '1',
      outputs: request.inputs,
      spans: { queueUs: 0, computeInputUs: 0, computeInferUs: 0, computeOutputUs: 0, totalUs: 0 },
      batch: { id: 1, rows: 1, reason: 'full' },
    };
  }

  #find(name: string, version: string | null): void {
    if (name !== 'identity')
      throw new EngineError('MODEL_UNKNOWN', `Request for unknown model: '${name}' is not found`);
    if (version !== null && version !== '1')
      throw new EngineError('VERSION_NOT_FOUND', `model "identity" has no version ${version}`);
  }
}
