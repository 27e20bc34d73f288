import { join } from 'node:path';
import { silentLogger, systemClock } from '../base';
import { DeviceBusy } from '../metrics';
import { ModelRegistry, type ModelRegistryOptions } from '../models';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';

export interface TestRegistry {
  readonly registry: ModelRegistry;
  readonly folder: TemporaryFolder;
  /** Writes into the repository. */
  write(files: Readonly<Record<string, string | Uint8Array>>): void;
  close(): Promise<void>;
}

/** A registry without doors on a repository of its own; the folder is looked at when the test says so. */
export async function startRegistry(
  models: Readonly<Record<string, string | Uint8Array>>,
  control: ModelRegistryOptions['control'] = {},
  memoryBudgetOf?: ModelRegistryOptions['memoryBudgetOf'],
): Promise<TestRegistry> {
  const folder = temporaryFolder();
  const write = (files: Readonly<Record<string, string | Uint8Array>>): void => {
    folder.write(Object.fromEntries(Object.entries(files).map(([name, text]) => [`models/${name}`, text])));
  };
  folder.write({ 'models/.keep': '' });
  write(models);
  const clock = systemClock();
  let batchId = 0;
  const registry = new ModelRegistry({
    repositoryPath: join(folder.path, 'models'),
    dataPath: join(folder.path, 'data'),
    cpuBudget: 2,
    drainLimitUs: 1e6,
    memoryBudgetOf,
    control: { pollUs: 86_400e6, ...control },
    context: {
      clock,
      logger: silentLogger,
      deviceBusy: new DeviceBusy(),
      metrics: null,
      deviceOf: () => 'cpu',
      nextBatchId: () => ++batchId,
    },
  });
  const close = async (): Promise<void> => {
    await registry.stop();
    await clock.close();
    folder.remove();
  };
  try {
    await registry.start();
  } catch (error) {
    await close();
    throw error;
  }
  return { registry, folder, write, close };
}
