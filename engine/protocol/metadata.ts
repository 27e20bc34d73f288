import type { TensorSpec } from '../contract';

/** What a model says of itself to a client of the data plane. */
export interface ModelMetadata {
  readonly name: string;
  /** All ready versions, or the one that was asked for. */
  readonly versions: readonly string[];
  /** Triton's platform name, such as `onnxruntime_onnx`. */
  readonly platform: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

/**
 * Protocol extensions that this server has, by Triton's names. Clients act on the list (perf_analyzer asks for statistics when
 * it reads `statistics`), so a name is added here together with what it promises, not before.
 */
const EXTENSIONS: readonly string[] = ['binary_tensor_data'];

/** The body of `GET /v2`. */
export function encodeServerMetadata({ name, version }: ServerInfo): string {
  return JSON.stringify({ name, version, extensions: EXTENSIONS });
}

/** The body of `GET /v2/models/{model}`: shapes in full, the batch dimension included, `-1` where requests choose. */
export function encodeModelMetadata({ name, versions, platform, inputs, outputs }: ModelMetadata): string {
  return JSON.stringify({
    name,
    versions,
    platform,
    inputs: inputs.map(tensorMetadata),
    outputs: outputs.map(tensorMetadata),
  });
}

function tensorMetadata({ name, datatype, shape }: TensorSpec) {
  return { name, datatype, shape };
}
