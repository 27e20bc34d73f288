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

/** What the server says of itself. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  /** Protocol extensions that it has, by Triton's names. */
  readonly extensions: readonly string[];
}
