import { EXECUTION_PROVIDERS, type ExecutionProvider } from '../contract';
import { didYouMean } from './did-you-mean';
import type { ModelConfig } from './model-config';
import type { SettingFaults } from './setting-faults';
import { FILE_NAMES, parameterText, quoted, type Setting } from './setting-parameters';

/** What KIND_GPU means where the runtime offers several: the vendor's own provider of the platform, the CPU behind it. */
const GPU_PROVIDERS: Readonly<Partial<Record<NodeJS.Platform, readonly ExecutionProvider[]>>> = {
  win32: ['dml', 'cpu'],
  darwin: ['coreml', 'cpu'],
};

/** GPU execution accelerators that are acted on, by Triton's name for them. */
export const ACCELERATOR_PROVIDERS: Readonly<Record<string, readonly ExecutionProvider[]>> = {
  tensorrt: ['tensorrt'],
  cuda: ['cuda'],
};

/** The providers that a configuration asks for, in their order. */
export function executionProvidersOf(
  config: ModelConfig,
  platform: NodeJS.Platform,
  faults: SettingFaults,
): Setting<ExecutionProvider[]> {
  const listed = parameterText(config, 'executionProviders');
  if (listed !== undefined) return [parseProviders(listed, faults), 'file'];
  const accelerators = config.optimization?.execution_accelerators?.gpu_execution_accelerator ?? [];
  const accelerated = accelerators.flatMap(({ name }) => ACCELERATOR_PROVIDERS[name ?? ''] ?? []);
  if (accelerated.length > 0)
    return [[...new Set<ExecutionProvider>([...accelerated, 'cuda', 'cpu'])], 'file'];
  const onGpu = config.instance_group?.some((group) => group.kind === 'KIND_GPU') ?? false;
  if (onGpu) return [[...(GPU_PROVIDERS[platform] ?? ['cuda', 'cpu'])], 'file'];
  const onCpu = config.instance_group?.some((group) => group.kind === 'KIND_CPU') ?? false;
  return [['cpu'], onCpu ? 'file' : 'default'];
}

function parseProviders(text: string, faults: SettingFaults): ExecutionProvider[] {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const known = EXECUTION_PROVIDERS.join(', ');
  if (names.length === 0)
    faults.add('executionProviders', `${FILE_NAMES.executionProviders} is empty; list some of ${known}`);
  return [...new Set(names)].flatMap((name) => {
    const provider = EXECUTION_PROVIDERS.find((one) => one === name);
    if (provider !== undefined) return [provider];
    const meant = didYouMean(name, EXECUTION_PROVIDERS);
    faults.add(
      'executionProviders',
      `${FILE_NAMES.executionProviders} names ${quoted(name)}; known are ${known}.${meant}`,
    );
    return [];
  });
}
