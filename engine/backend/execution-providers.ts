import { createRequire } from 'node:module';
import { listSupportedBackends } from 'onnxruntime-node';
import { EXECUTION_PROVIDERS, type ExecutionProvider } from '../contract';

export interface ProviderAvailability {
  readonly name: ExecutionProvider;
  /** True when this build of ONNX Runtime carries it; whether the device is there shows when a session loads. */
  readonly available: boolean;
  readonly reason: string | null;
}

/** Which execution providers this platform's build of onnxruntime-node has. */
export function executionProviders(): readonly ProviderAvailability[] {
  const built = new Set(listSupportedBackends().map((backend) => backend.name));
  return EXECUTION_PROVIDERS.map((name) => {
    const available = built.has(name);
    return {
      name,
      available,
      reason: available ? null : `not in this build of ONNX Runtime for ${process.platform}-${process.arch}`,
    };
  });
}

/** Version of ONNX Runtime in use. */
export function onnxruntimeVersion(): string {
  try {
    const manifest = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
    return manifest.version;
  } catch {
    return 'unknown';
  }
}
