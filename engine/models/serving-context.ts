import type { Clock, Logger } from '../base';
import type { DeviceArbiters, RateLimiter } from '../batching';
import type { MetricsConfig } from '../config';
import type { SessionSpec } from '../inference';
import type { Instance } from '../instances';
import type { DeviceBusy } from '../metrics';
import type { CurveStore } from './auto';

/** What all served models of an engine share. */
export interface ServingContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deviceBusy: DeviceBusy;
  /** What to record for the metrics; null for nothing. */
  readonly metrics: MetricsConfig | null;
  /** Device on which sessions of a provider run ("cpu", "gpu:0", …). */
  readonly deviceOf: (provider: string) => string;
  readonly nextBatchId: () => number;
  readonly arbiters?: DeviceArbiters;
  /** Absent or null: it is off. */
  readonly rateLimiter?: RateLimiter | null;
  readonly onInstanceLost: (model: string, message: string) => void;
  readonly onInstancesChanged: () => void;
  /** The number of instances followed the load, or was left; why. */
  readonly onScaled: (model: string, text: string) => void;
  /** Why there is no room in the device's budget for so many further instances of a model; null when there is. */
  readonly obstacleToInstances?: (model: string, further: number) => string | null;
  readonly createInstance?: (name: string, spec: SessionSpec) => Instance;
  /** Name of a device's hardware. Absent: its place stands for it. */
  readonly deviceNameOf?: (deviceId: string) => string;
  /** Version of ONNX Runtime, which what a batch costs depends on. */
  readonly runtime?: string;
  /** Where cost curves are kept. Absent: they are measured at every load. */
  readonly curves?: CurveStore;
}
