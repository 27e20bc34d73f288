import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';
import { EXECUTION_PROVIDERS, type ExecutionProvider } from '../contract';

export interface ProviderAvailability {
  readonly name: ExecutionProvider;
  /** True when this build of ONNX Runtime carries it; whether the device is there shows when a session loads. */
  readonly available: boolean;
  readonly reason: string | null;
}

/** Providers whose library is fetched apart from the package, and that library. */
const EXTRA_LIBRARIES: Partial<Record<ExecutionProvider, string>> = {
  cuda: 'libonnxruntime_providers_cuda.so',
  tensorrt: 'libonnxruntime_providers_tensorrt.so',
};

/** Which execution providers this platform's build of onnxruntime-node has. Whether the device is there shows when a model loads. */
export function executionProviders(): readonly ProviderAvailability[] {
  const built = new Set(listSupportedBackends().map((backend) => backend.name));
  return EXECUTION_PROVIDERS.map((name) => {
    const reason = built.has(name)
      ? missingLibrary(name)
      : `not in this build of ONNX Runtime for ${process.platform}-${process.arch}`;
    return { name, available: reason === null, reason };
  });
}

function missingLibrary(name: ExecutionProvider): string | null {
  const library = EXTRA_LIBRARIES[name];
  if (library === undefined || process.platform !== 'linux') return null;
  const path = join(packageFolder(), 'bin', 'napi-v6', process.platform, process.arch, library);
  return existsSync(path)
    ? null
    : `${library} is not installed: set-up fetches it on a machine with an NVIDIA GPU`;
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  } catch {
    return '';
  }
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
