import type { ErrorCode } from './error-codes';
import type { DeviceMemory } from './memory';
import type { DeviceInfo } from './metrics';
import type { ExecutionProvider } from './model';

/** Grows when console and engine would no longer understand each other. */
export const CONTRACT_VERSION = 1;

export interface DoorAddress {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

export interface EngineStatus {
  readonly contractVersion: number;
  readonly engineVersion: string;
  readonly state: 'starting' | 'running' | 'draining' | 'stopped';
  readonly pid: number;
  readonly startedAtMs: number;
  readonly http: DoorAddress | null;
  /** Its `url` is "grpc://host:port". */
  readonly grpc: DoorAddress | null;
  /** Null before it opens, and always without metrics. */
  readonly metrics: DoorAddress | null;
  readonly control: DoorAddress | null;
  /** True when a door listens beyond loopback: the console shows a lasting warning. */
  readonly exposed: boolean;
  readonly repositoryPath: string;
  readonly dataPath: string;
  readonly nodeVersion: string;
  /** Null in the headless engine. */
  readonly electronVersion: string | null;
  readonly onnxruntimeVersion: string;
  readonly platform: string;
  readonly cpuModel: string;
  readonly cpuCount: number;
  /** Devices of this machine; their live readings are in every `MetricsSample` under the same ids. */
  readonly devices: readonly DeviceInfo[];
  /** Who holds which device's memory, by the engine's estimates. */
  readonly memory: readonly DeviceMemory[];
  readonly providers: readonly {
    readonly name: ExecutionProvider;
    readonly available: boolean;
    readonly reason: string | null;
  }[];
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogEntry {
  readonly id: number;
  readonly atMs: number;
  readonly level: LogLevel;
  /** Which part speaks: "registry", "http", "instance", … */
  readonly scope: string;
  readonly message: string;
  /** Flat extra facts, already free of secrets. */
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/** What a control call that failed carries beside its message. */
export interface ControlErrorData {
  readonly ferryCode: ErrorCode;
}
