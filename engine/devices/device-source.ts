import type { Clock, Logger } from '../base';
import type { Files } from './files';
import type { Device } from './readings';
import type { SpawnTool } from './tool-process';

/** One way to learn of devices: a tool, a folder of the kernel's, the operating system. */
export interface DeviceSource {
  /**
   * Begins to watch. Resolves when the first readings are there, or when it is clear that there are none.
   * Never rejects: what is missing becomes a reason.
   */
  start(): Promise<void>;
  /** The devices it knows now, with their newest readings. Synchronous, cheap. */
  devices(): readonly Device[];
  /** Ends all work and every child process. */
  stop(): Promise<void>;
}

/** What a source may use. Nothing here is reached past it, so tests can stand in for any machine. */
export interface SourceContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often new readings are wanted, milliseconds. */
  readonly periodMs: number;
  readonly platform: NodeJS.Platform;
  readonly files: Files;
  readonly spawn: SpawnTool;
  readonly system: SystemFigures;
}

/** What Node says of the machine. */
export interface SystemFigures {
  cpus(): readonly { readonly model: string; readonly times: CpuClockTimes }[];
  totalMemoryBytes(): number;
  freeMemoryBytes(): number;
}

/** Milliseconds a logical core spent in each state since boot. */
export interface CpuClockTimes {
  readonly user: number;
  readonly nice: number;
  readonly sys: number;
  readonly idle: number;
  readonly irq: number;
}

/** A reading older than this many periods is no longer shown. */
export const STALE_AFTER_PERIODS = 3;
