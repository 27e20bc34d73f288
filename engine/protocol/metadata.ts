import type { TensorSpec } from '../contract';
import type { ModelMetadata, ServerInfo } from '../inference';

/** The body of `GET /v2`. */
export function encodeServerMetadata({ name, version, extensions }: ServerInfo): string {
  return JSON.stringify({ name, version, extensions });
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
