import { rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { executionProviders, onnxruntimeVersion } from './backend';
import { createLogStore, Emitter, ENGINE_VERSION, EngineError, systemClock } from './base';
import type { EngineOptions } from './config';
import { CONTRACT_VERSION, type DeviceInfo, type DeviceSample, type DoorAddress, type EngineStatus, type LogEntry } from './contract';
import { ControlServer, createEngineServices, newToken, Publisher } from './control';
import { cpuBudget, createDeviceMonitor } from './devices';
import { createHttpDoor, registryAsModelsPort } from './http';
import { createLoadTestRunner, createShowMe } from './loadtest';
import { DeviceBusy } from './metrics';
import { ModelRegistry, seedRepository } from './models';

/** A running (or startable) engine: what `ferry serve` and the desktop app hold. */
export interface Engine {
  /** Resolves when the doors are open and what was loaded before serves again. Rejects with PORT_IN_USE and others. */
  start(): Promise<void>;
  /** Stops taking requests, answers those it has, then lets everything go. Safe to call twice. */
  stop(reason: string): Promise<void>;
  readonly status: EngineStatus;
  /** "http://127.0.0.1:8003", once started. */
  readonly controlUrl: string;
  readonly controlToken: string;
  onLog(listener: (entry: LogEntry) => void): () => void;
  /** For benchmarks and tests that drive the engine in-process. */
  readonly registry: ModelRegistry;
}

/** Room for a model of several gigabytes. */
const UPLOAD_LIMIT_BYTES = 16 * 1024 ** 3;
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Builds every part and wires them; nothing runs until `start`. The only place that knows all of the engine. */
export function createEngine(options: EngineOptions): Engine {
  const clock = systemClock();
  const logs = createLogStore({ level: options.logLevel, file: join(options.dataPath, 'logs', 'engine.log'), wallMs: clock.wallMs });
  const { logger } = logs;
  const devices = createDeviceMonitor({ clock, logger: logger.child('devices') });
  const deviceBusy = new DeviceBusy();
  const deviceOf = (provider: string) => deviceOfProvider(provider, devices.infos());
  let batchId = 0;
  const registry = new ModelRegistry({
    repositoryPath: options.repositoryPath,
    dataPath: options.dataPath,
    cpuBudget: cpuBudget(),
    drainLimitUs: options.drainTimeoutMs * 1000,
    context: { clock, logger: logger.child('registry'), deviceBusy, deviceOf, nextBatchId: () => ++batchId },
  });
  const publisher = new Publisher({ clock, counters: () => registry.counters(), devices: () => sampleDevices() });
  registry.marks.on((mark) => publisher.mark(mark));

  const sampleDevices = (): DeviceSample[] => {
    // Devices may answer late, and their notes change when a tool dies or comes back.
    const infos = [...devices.infos(), SIMULATED_DEVICE];
    if (JSON.stringify(infos) !== JSON.stringify(status.devices)) setStatus({ devices: infos });
    const instances = registry.instancesByDevice(deviceOf);
    const samples = devices.sample().map((readings) => ({ ...readings, busyUs: deviceBusy.of(readings.id), instances: instances.get(readings.id) ?? 0 }));
    return instances.has('simulated') ? [...samples, simulatedSample(deviceBusy.of('simulated'), instances.get('simulated') ?? 0)] : samples;
  };

  const statusChanged = new Emitter<EngineStatus>();
  let status = initialStatus(options);
  const setStatus = (change: Partial<EngineStatus>) => {
    status = { ...status, ...change };
    statusChanged.emit(status);
  };

  const http = createHttpDoor({
    models: registryAsModelsPort(registry),
    logger: logger.child('http'),
    clock,
    options: {
      host: options.host, port: options.httpPort, maxRequestBytes: options.maxRequestBytes,
      allowedHosts: options.allowedHosts, allowNetwork: options.allowNetwork,
    },
    serverInfo: { name: 'ferry', version: status.engineVersion },
  });
  const loadTests = createLoadTestRunner({
    target: () => requireAddress(status.http),
    dataPath: options.dataPath,
    logger: logger.child('load-test'),
    clock,
    describeModel: (name) => registry.summary(name),
  });
  const showMe = createShowMe({
    runner: loadTests,
    settings: { get: (name) => registry.summary(name).settings, update: (name, patch) => registry.updateSettings(name, patch, false) },
    counters: (name) => registry.counters().find((model) => model.name === name) ?? null,
    pickModel: () => pickDemoModel(registry),
  });
  const controlToken = options.controlToken ?? newToken();
  const uploadPath = join(options.dataPath, 'uploads');
  const control = new ControlServer({
    host: options.host, port: options.controlPort, allowedHosts: options.allowedHosts, token: controlToken,
    rendererPath: options.rendererPath, uploadPath, uploadLimitBytes: UPLOAD_LIMIT_BYTES,
    services: createEngineServices({
      status: { get: () => status, subscribe: (listener) => statusChanged.on(listener) },
      registry, publisher, logs, loadTests, showMe,
    }),
    logger: logger.child('control'),
  });

  const start = async () => {
    await rm(uploadPath, { recursive: true, force: true });
    await seedRepository(options.repositoryPath, options.starterModelsPath);
    // Doors first: a port that is taken must be said before minutes are spent on loading models.
    setStatus({ http: addressOf(await http.start()) });
    setStatus({ control: addressOf(await control.start()) });
    await devices.start();
    publisher.start();
    await registry.start();
    setStatus({ state: 'running' });
    logger.info(`serving on ${status.http?.url}`);
  };

  let stopping: Promise<void> | null = null;
  const stopOnce = async (reason: string) => {
    logger.info(`stopping: ${reason}`);
    setStatus({ state: 'draining' });
    await showMe.stop();
    await loadTests.close();
    await http.stop(options.drainTimeoutMs);
    await registry.stop();
    publisher.stop();
    await devices.stop();
    setStatus({ state: 'stopped' });
    await control.stop();
    await clock.close();
    logs.close();
  };

  return {
    start: async () => {
      try {
        await start();
      } catch (error) {
        stopping ??= stopOnce('it could not start').catch(() => undefined);
        await stopping;
        throw error;
      }
    },
    stop: (reason) => {
      stopping ??= stopOnce(reason);
      return stopping;
    },
    get status() {
      return status;
    },
    get controlUrl() {
      return requireAddress(status.control).url;
    },
    controlToken,
    onLog: (listener) => logs.added.on(listener),
    registry,
  };
}

function initialStatus(options: EngineOptions): EngineStatus {
  return {
    contractVersion: CONTRACT_VERSION,
    engineVersion: ENGINE_VERSION,
    state: 'starting',
    pid: process.pid,
    startedAtMs: Date.now(),
    http: null,
    control: null,
    exposed: !LOOPBACK.has(options.host),
    repositoryPath: options.repositoryPath,
    dataPath: options.dataPath,
    nodeVersion: process.versions.node,
    electronVersion: process.versions.electron ?? null,
    onnxruntimeVersion: onnxruntimeVersion(),
    platform: `${process.platform}-${process.arch}`,
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cpuCount: cpuBudget(),
    devices: [],
    providers: executionProviders(),
  };
}

/** NVIDIA's providers run on NVIDIA's first device; the others on the first GPU there is, or on the CPU when there is none. */
function deviceOfProvider(provider: string, infos: readonly DeviceInfo[]): string {
  if (provider === 'cpu' || provider === 'simulated') return provider;
  const gpus = infos.filter((info) => info.kind === 'gpu');
  const nvidia = provider === 'cuda' || provider === 'tensorrt' ? gpus.find((info) => info.id.startsWith('nvidia')) : undefined;
  return (nvidia ?? gpus[0])?.id ?? 'cpu';
}

const SIMULATED_DEVICE = { id: 'simulated', kind: 'simulated', name: 'Simulated device', source: 'cost curve', note: 'not a real device: it waits as long as its cost curve says' } as const;

function simulatedSample(busyUs: number, instances: number): DeviceSample {
  const none = { value: null, reason: 'a simulated device has no driver; see its busy share' };
  return { id: 'simulated', utilization: none, memoryUsedBytes: none, memoryTotalBytes: none, powerWatts: none, temperatureCelsius: none, busyUs, instances };
}

/** The model that gains most from batching among those that serve: the starter MLP, else any that can batch. */
function pickDemoModel(registry: ModelRegistry): string {
  const candidates = registry.summaries().filter((model) => model.state === 'ready' && model.batchable);
  const chosen = candidates.find((model) => model.name === 'demo-mlp') ?? candidates.find((model) => model.backend !== 'simulated') ?? candidates[0];
  if (!chosen) throw new EngineError('NOT_FOUND', 'no model that can batch is loaded: load "demo-mlp" on the Models screen');
  return chosen.name;
}

function addressOf({ host, port }: { readonly host: string; readonly port: number }): DoorAddress {
  const shown = host.includes(':') ? `[${host}]` : host;
  return { host, port, url: `http://${shown}:${port}` };
}

function requireAddress(address: DoorAddress | null): DoorAddress {
  if (!address) throw new EngineError('SHUTTING_DOWN', 'the engine has not opened its doors');
  return address;
}
