import type { LogStore } from '../base';
import type { EngineStatus } from '../contract';
import type { DeviceMonitor } from '../devices';
import type { LoadTestRunner, ShowMe } from '../loadtest';
import type { ModelRegistry } from '../models';
import { changedBudgets } from './memory-budgets';
import type { Publisher } from './publisher';
import type { ControlServices, Observable } from './services';

export interface EngineParts {
  readonly status: Observable<EngineStatus>;
  readonly registry: ModelRegistry;
  readonly devices: Pick<DeviceMonitor, 'infos'>;
  readonly publisher: Publisher;
  readonly logs: LogStore;
  readonly loadTests: LoadTestRunner;
  readonly showMe: ShowMe;
}

/** The control plane's services, on the engine's parts. */
export function createEngineServices({
  status,
  registry,
  devices,
  publisher,
  logs,
  loadTests,
  showMe,
}: EngineParts): ControlServices {
  return {
    status,
    models: {
      get: () => registry.summaries(),
      subscribe: (listener) => registry.changed.on(() => listener(registry.summaries())),
    },
    showMe: { get: () => showMe.status(), subscribe: (listener) => showMe.onChange(listener) },
    loadTest: { get: () => loadTests.current(), subscribe: (listener) => loadTests.onChange(listener) },
    metrics: publisher.metrics,
    marks: publisher.marks,
    logs: { recent: () => logs.recent(), subscribe: (listener) => logs.added.on(listener) },

    inspectModel: (path) => registry.inspect(path),
    importModel: (path, name) => registry.import(path, name),
    loadModel: (name) => registry.load(name),
    unloadModel: (name) => registry.unload(name),
    removeModel: (name) => registry.remove(name),
    rescan: () => registry.rescan(),
    updateSettings: (name, patch) => registry.updateSettings(name, patch),
    previewSettings: (name, patch) => registry.previewSettings(name, patch),
    updateMemoryBudget: async (words) => {
      await registry.residents.useBudgets(changedBudgets(words, devices));
      return registry.memory(devices.infos().map(({ id }) => id));
    },
    modelConfiguration: (name) => registry.configuration(name),
    recentBatches: (name) => registry.recentBatches(name),

    startLoadTest: async (scenario) => {
      const run = await loadTests.start(scenario);
      publisher.mark({ model: scenario.model, kind: 'load-test', text: 'load test started' });
      return run;
    },
    stopLoadTest: () => loadTests.stop(),
    listLoadTests: () => loadTests.list(),
    getLoadTest: (id) => loadTests.get(id),
    deleteLoadTest: (id) => loadTests.delete(id),
    startShowMe: () => showMe.start(),
    stopShowMe: () => showMe.stop(),
  };
}
