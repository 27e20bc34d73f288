import { rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { executionProviders, onnxruntimeVersion } from './backend';
import {
  type Clock,
  collectLessOften,
  createLogStore,
  ENGINE_VERSION,
  EngineError,
  systemClock,
} from './base';
import { DeviceArbiters, RateLimiter, ResourceLimits } from './batching';
import {
  type EngineOptions,
  memoryBudgetsOf,
  metricsConfigOf,
  removeRunFile,
  resourceLimitsOf,
  writeRunFile,
} from './config';
import { CONTRACT_VERSION, type DoorAddress, type EngineStatus, type LogEntry } from './contract';
import {
  ControlServer,
  createEngineServices,
  createMemoryBudgets,
  deviceInfos,
  deviceOfProvider,
  gpuWord,
  newToken,
  Publisher,
  StatusBoard,
  sampleDevices,
  warnOfUnknownDevices,
} from './control';
import { type DataPlane, RegistryDataPlane } from './dataplane';
import { cpuBudget, createDeviceMonitor, type DeviceMonitor } from './devices';
import { createGrpcDoor } from './grpc';
import { createHttpDoor, createMetricsPage, MetricsDoor } from './http';
import { createLoadTestRunner, createShowMe, pickDemoModel } from './loadtest';
import { DeviceBusy, DeviceEnergy } from './metrics';
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

/** Builds every part and wires them; nothing runs until `start`. The only file that knows all of the engine. */
export function createEngine(options: EngineOptions): Engine {
  collectLessOften();
  const core = buildCore(options);
  const doors = buildDoors(options, core);
  let stopping: Promise<void> | null = null;
  const stop = (reason: string) => {
    stopping ??= stopInOrder(options, core, doors, reason);
    return stopping;
  };
  return {
    start: async () => {
      try {
        await startInOrder(options, core, doors);
      } catch (error) {
        await stop('it could not start').catch(() => undefined);
        throw error;
      }
    },
    stop,
    get status() {
      return core.status.get();
    },
    get controlUrl() {
      return opened(core.status.get().control).url;
    },
    controlToken: doors.controlToken,
    onLog: (listener) => core.logs.added.on(listener),
    registry: core.registry,
  };
}

/** What serves models, before anybody can reach it. */
function buildCore(options: EngineOptions) {
  const clock = systemClock();
  const logs = createLogStore({
    level: options.logLevel,
    file: join(options.dataPath, 'logs', 'engine.log'),
    wallMs: clock.wallMs,
  });
  const { logger } = logs;
  const status = new StatusBoard(initialStatus(options));
  const devices = createDeviceMonitor({ clock, logger: logger.child('devices') });
  const deviceBusy = new DeviceBusy();
  const energy = new DeviceEnergy();
  const metrics = options.metrics ? metricsConfigOf(options.metricsConfig) : null;
  let batchId = 0;
  const registry = new ModelRegistry({
    repositoryPath: options.repositoryPath,
    dataPath: options.dataPath,
    cpuBudget: cpuBudget(),
    drainLimitUs: options.drainTimeoutMs * 1000,
    memoryBudgetOf: createMemoryBudgets(memoryBudgetsOf(options.memoryBudget), devices),
    control: {
      mode: options.modelControl,
      pollUs: options.repositoryPollSecs * 1e6,
      loadAtStart: options.loadModels,
      exitOnError: options.exitOnError,
      strictReadiness: options.strictReadiness,
    },
    context: {
      clock,
      logger: logger.child('registry'),
      deviceBusy,
      metrics,
      deviceOf: (provider) => deviceOfProvider(provider, devices.infos()),
      runtime: onnxruntimeVersion(),
      deviceNameOf: (id) => devices.infos().find((info) => info.id === id)?.name ?? id,
      nextBatchId: () => ++batchId,
      arbiters: new DeviceArbiters(clock, cpuBudget()),
      rateLimiter: createRateLimiter(options, clock, devices),
    },
  });
  const publisher = new Publisher({
    clock,
    counters: () => registry.counters(),
    devices: () => {
      // Devices may answer late, and their notes change when a tool dies or comes back.
      status.set({
        devices: deviceInfos(devices),
        memory: registry.memory(devices.infos().map(({ id }) => id)),
      });
      const samples = sampleDevices(devices, registry, deviceBusy);
      energy.sample(samples, clock.nowUs());
      return samples;
    },
  });
  registry.marks.on((mark) => publisher.mark(mark));
  const page =
    metrics &&
    createMetricsPage(metrics, {
      status: () => status.get(),
      registry,
      deviceSamples: () => sampleDevices(devices, registry, deviceBusy),
      energy,
    });
  return { clock, logs, logger, status, devices, registry, publisher, page };
}

type Core = ReturnType<typeof buildCore>;

function createRateLimiter(options: EngineOptions, clock: Clock, devices: DeviceMonitor): RateLimiter | null {
  if (options.rateLimit === 'off') return null;
  const given = resourceLimitsOf(options.rateLimitResources);
  return new RateLimiter(clock, new ResourceLimits(given, (id) => gpuWord(id, devices)));
}

/** Where clients of models and of their numbers come in. */
function buildTrafficDoors(options: EngineOptions, { clock, logger, page }: Core, dataPlane: DataPlane) {
  const { host, allowedHosts, allowNetwork, maxRequestBytes } = options;
  const http = createHttpDoor({
    dataPlane,
    logger: logger.child('http'),
    clock,
    options: {
      host,
      port: options.httpPort,
      maxRequestBytes,
      allowedHosts,
      allowNetwork,
    },
  });
  const metrics =
    page &&
    new MetricsDoor({
      host,
      port: options.metricsPort,
      allowedHosts,
      allowNetwork,
      logger: logger.child('metrics'),
      page,
    });
  const grpc = createGrpcDoor({
    dataPlane,
    logger: logger.child('grpc'),
    clock,
    options: {
      host,
      port: options.grpcPort,
      maxRequestBytes,
      maxResponseBytes: options.grpcMaxResponseBytes,
      allowNetwork,
    },
  });
  return { http, grpc, metrics };
}

/** The ways in, and the load test, which comes in by one of them. */
function buildDoors(options: EngineOptions, core: Core) {
  const { clock, logs, logger, status, devices, registry, publisher } = core;
  const { host, allowedHosts, dataPath } = options;
  const dataPlane = new RegistryDataPlane({
    registry,
    name: 'ferry',
    version: ENGINE_VERSION,
    logs,
  });
  const { http, grpc, metrics } = buildTrafficDoors(options, core, dataPlane);
  const loadTests = createLoadTestRunner({
    target: () => opened(status.get().http),
    dataPath,
    logger: logger.child('load-test'),
    clock,
    describeModel: (name) => registry.summary(name),
  });
  const showMe = createShowMe({
    runner: loadTests,
    settings: {
      get: (name) => registry.summary(name).settings,
      // Not kept: a show that is cut off by a crash must not leave the operator's file changed.
      update: (name, patch) => registry.updateSettings(name, patch, false),
    },
    counters: (name) => registry.counters().find((model) => model.name === name) ?? null,
    pickModel: () => pickDemoModel(registry.summaries()),
  });
  const controlToken = options.controlToken ?? newToken();
  const uploadPath = join(dataPath, 'uploads');
  const control = new ControlServer({
    host,
    port: options.controlPort,
    allowedHosts,
    token: controlToken,
    rendererPath: options.rendererPath,
    uploadPath,
    uploadLimitBytes: UPLOAD_LIMIT_BYTES,
    services: createEngineServices({ status, registry, devices, publisher, logs, loadTests, showMe }),
    logger: logger.child('control'),
  });
  return { http, grpc, metrics, loadTests, showMe, control, controlToken, uploadPath };
}

type Doors = ReturnType<typeof buildDoors>;

async function startInOrder(
  options: EngineOptions,
  core: Core,
  { http, grpc, metrics, control, uploadPath, controlToken }: Doors,
): Promise<void> {
  const { status, devices, publisher, registry, logger } = core;
  await rm(uploadPath, { recursive: true, force: true });
  await seedRepository(options.repositoryPath, options.starterModelsPath);
  // Doors first: a port that is taken must be said before minutes are spent on loading models.
  status.set({ http: addressOf(await http.start()) });
  status.set({ metrics: metrics && addressOf(await metrics.start()) });
  status.set({ grpc: addressOf(await grpc.start(), 'grpc') });
  status.set({ control: addressOf(await control.start()) });
  await announce(options, core, controlToken);
  await devices.start();
  const unknown = (option: string, ids: Iterable<string>) =>
    warnOfUnknownDevices(option, ids, devices, logger);
  unknown('--memory-budget', memoryBudgetsOf(options.memoryBudget).keys());
  const limited = resourceLimitsOf(options.rateLimitResources).flatMap(({ device }) => device ?? []);
  unknown('--rate-limit-resource', new Set(limited));
  publisher.start();
  await registry.start();
  status.set({ state: 'running' });
  logger.info(`serving on ${status.get().http?.url}`);
}

/** Lets programs of the same user find this engine. One that cannot be found still serves. */
async function announce(options: EngineOptions, { status, logger }: Core, controlToken: string) {
  const { pid, startedAtMs, engineVersion, repositoryPath, http, grpc, metrics, control } = status.get();
  const doors = {
    http: opened(http).url,
    grpc: opened(grpc).url,
    control: opened(control).url,
    ...(metrics ? { metrics: metrics.url } : {}),
  };
  const content = { pid, startedAtMs, engineVersion, repositoryPath, doors, controlToken };
  await writeRunFile(options.dataPath, content).catch((error: Error) =>
    logger.warn(`the command line will not find this engine by itself: ${error.message}`),
  );
}

/** Generators of traffic first, then the door they use, then what serves; the console hears of it to the end. */
async function stopInOrder(options: EngineOptions, core: Core, doors: Doors, reason: string): Promise<void> {
  const { status, devices, publisher, registry, logger, clock, logs } = core;
  logger.info(`stopping: ${reason}`);
  status.set({ state: 'draining' });
  await doors.showMe.stop();
  await doors.loadTests.close();
  await Promise.all([
    doors.http.stop(options.drainTimeoutMs),
    doors.grpc.stop(options.drainTimeoutMs),
    removeRunFile(options.dataPath, status.get().pid).catch(() => undefined),
  ]);
  // After the doors of traffic: its end is still to be seen.
  await doors.metrics?.stop();
  await registry.stop();
  publisher.stop();
  await devices.stop();
  status.set({ state: 'stopped' });
  await doors.control.stop();
  await clock.close();
  logger.info('stopped');
  logs.close();
}

function initialStatus(options: EngineOptions): EngineStatus {
  return {
    contractVersion: CONTRACT_VERSION,
    engineVersion: ENGINE_VERSION,
    state: 'starting',
    pid: process.pid,
    startedAtMs: Date.now(),
    http: null,
    grpc: null,
    metrics: null,
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
    memory: [],
    providers: executionProviders(),
  };
}

function addressOf(
  { host, port }: { readonly host: string; readonly port: number },
  scheme = 'http',
): DoorAddress {
  const shown = host.includes(':') ? `[${host}]` : host;
  return { host, port, url: `${scheme}://${shown}:${port}` };
}

function opened(address: DoorAddress | null): DoorAddress {
  if (!address) throw new EngineError('SHUTTING_DOWN', 'the engine has not opened its doors');
  return address;
}
