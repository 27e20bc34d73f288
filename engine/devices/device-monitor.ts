import { cpus, freemem, totalmem } from 'node:os';
import type { Clock, Logger } from '../base';
import type { DeviceInfo } from '../contract';
import { AppleSource } from './apple-source';
import { CpuSource } from './cpu-source';
import type { DeviceSource, SourceContext, SystemFigures } from './device-source';
import { DrmSource } from './drm-source';
import { realFiles } from './files';
import { NvidiaSource } from './nvidia-source';
import type { Device, DeviceReadings } from './readings';
import { type SpawnTool, spawnTool } from './tool-process';
import { WindowsSource } from './windows-source';

/** `start` waits no longer than this; what answers later appears later. */
const START_LIMIT_MS = 3_000;
const SHORTEST_PERIOD_MS = 100;

export interface DeviceMonitorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often devices are read, milliseconds; at least 100. */
  readonly periodMs?: number;
  /** How long `start` may take, milliseconds. */
  readonly startLimitMs?: number;
  /** For tests: stand-ins for the machine. */
  readonly platform?: NodeJS.Platform;
  readonly spawn?: SpawnTool;
  readonly readFile?: (path: string) => Promise<string>;
  readonly readDir?: (path: string) => Promise<readonly string[]>;
  readonly system?: SystemFigures;
}

/** What the machine has, and how it fares. */
export interface DeviceMonitor {
  /**
   * Discovers and begins to watch. Never rejects: a missing tool means fewer devices, or readings with a reason.
   * Resolves within `startLimitMs`; a slow driver's devices appear when it has answered.
   */
  start(): Promise<void>;
  /** The devices known now, "cpu" first. May grow, and notes may change. */
  infos(): readonly DeviceInfo[];
  /** The newest readings of the same devices, in the same order. Synchronous; touches neither files nor tools. */
  sample(): readonly DeviceReadings[];
  /** Ends all work for good. Resolves when no child process is left. */
  stop(): Promise<void>;
}

/**
 * Watches the processor and every GPU of this machine. Ids: "cpu"; "nvidia:0" with nvidia-smi's index (PCI bus order);
 * "amd:0", "intel:0", "apple:0"; "gpu:…" on Windows.
 */
export function createDeviceMonitor(options: DeviceMonitorOptions): DeviceMonitor {
  const { clock, logger, startLimitMs = START_LIMIT_MS } = options;
  const context: SourceContext = {
    clock,
    logger,
    periodMs: Math.max(SHORTEST_PERIOD_MS, options.periodMs ?? 500),
    platform: options.platform ?? process.platform,
    files: { read: options.readFile ?? realFiles.read, list: options.readDir ?? realFiles.list },
    spawn: options.spawn ?? spawnTool,
    system: options.system ?? { cpus, totalMemoryBytes: totalmem, freeMemoryBytes: freemem },
  };
  const sources = sourcesOn(context);
  const devices = () => withoutDoubles(sources.flatMap((source) => source.devices()));
  return {
    start: () => within(clock, startLimitMs, Promise.all(sources.map((source) => source.start()))),
    infos: () => devices().map(({ info }) => info),
    sample: () => devices().map(({ readings }) => readings),
    stop: async () => {
      await Promise.all(sources.map((source) => source.stop()));
    },
  };
}

function sourcesOn(context: SourceContext): DeviceSource[] {
  const cpu = new CpuSource(context);
  switch (context.platform) {
    case 'darwin':
      return [cpu, new AppleSource(context)];
    case 'win32':
      return [cpu, new NvidiaSource(context), new WindowsSource(context)];
    case 'linux':
      return [cpu, new NvidiaSource(context), new DrmSource(context)];
    default:
      return [cpu, new NvidiaSource(context)];
  }
}

/** nvidia-smi knows more of an NVIDIA card than the operating system: where it speaks, the other's entry is left out. */
function withoutDoubles(devices: readonly Device[]): readonly Device[] {
  const speaks = devices.some(({ info }) => info.source === 'nvidia-smi');
  return speaks
    ? devices.filter(({ vendor, info }) => vendor !== 'nvidia' || info.source === 'nvidia-smi')
    : devices;
}

async function within(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve) => {
    const limit = clock.callAt(clock.nowUs() + limitMs * 1000, resolve);
    const done = () => {
      limit.cancel();
      resolve();
    };
    work.then(done, done);
  });
}
