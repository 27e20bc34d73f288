import { DEPARTURE_REASONS, type DeviceShare, type ErrorCode } from '../contract';
import type { ModelStatistics } from '../inference';
import type { BucketCounts } from './bounded-histogram';
import { type Family, perVersion } from './family';
import { secondsBuckets } from './latency-buckets';
import { MEMORY_FAMILIES } from './memory-families';
import type { MetricsView, ProcessView } from './metrics-view';
import type { FamilyType } from './prometheus-text';

const US_PER_SECOND = 1e6;
const MS_PER_SECOND = 1000;
const BATCH_SIZE_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** Rows of the batches that ran. They are counted by size already, so nothing is recorded for this. */
function batchSizes({ batches, inferenceCount, executionCount }: ModelStatistics): BucketCounts {
  const upTo = (bound: number) =>
    batches.reduce((sum, size) => sum + (size.batchSize <= bound ? size.computeInfer.count : 0), 0);
  return {
    bounds: BATCH_SIZE_BOUNDS,
    cumulative: BATCH_SIZE_BOUNDS.map(upTo),
    count: executionCount,
    sum: inferenceCount,
  };
}

/** Reasons that are always there, at zero too: a rate needs a beginning. Others come with their first request. */
const USUAL_REJECTIONS: readonly ErrorCode[] = [
  'QUEUE_FULL',
  'OVERLOADED',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'CALL_EXPIRED',
  'BACKEND_FAILED',
  'INSTANCE_LOST',
  'INVALID_ARGUMENT',
  'MODEL_NOT_READY',
];

function ofProcess(
  name: string,
  type: FamilyType,
  unit: string,
  help: string,
  pick: (process: ProcessView) => number,
): Family {
  return {
    name,
    type,
    unit,
    labels: [],
    help,
    collect: (view, text) => text.value({}, pick(view.process)),
  };
}

function perDevice(
  name: string,
  type: FamilyType,
  unit: string,
  help: string,
  pick: (device: MetricsView['devices'][number]) => number | null,
): Family {
  return {
    name,
    type,
    unit,
    labels: ['device', 'kind'],
    help,
    collect: ({ devices }, text) => {
      for (const device of devices)
        text.value({ device: device.info.id, kind: device.info.kind }, pick(device));
    },
  };
}

function sharesOf(
  devices: MetricsView['devices'],
): readonly { readonly device: string; readonly kind: string; readonly share: DeviceShare }[] {
  return devices.flatMap(({ info, sample }) =>
    sample.shares.map((share) => ({ device: info.id, kind: info.kind, share })),
  );
}

/** What Triton has no family for. */
export const FERRY_FAMILIES: readonly Family[] = [
  perVersion(
    {
      name: 'ferry_request_duration_seconds',
      type: 'histogram',
      unit: 'seconds',
      labels: ['model', 'version', 'le'],
      help: 'Time of successful requests from arrival in the queue to answer',
    },
    ({ latency }, labels, text) => text.histogram(labels, secondsBuckets(latency)),
  ),
  perVersion(
    {
      name: 'ferry_queue_duration_seconds',
      type: 'histogram',
      unit: 'seconds',
      labels: ['model', 'version', 'le'],
      help: 'Time that successful requests waited in the queue',
    },
    ({ detail }, labels, text) => {
      if (detail) text.histogram(labels, secondsBuckets(detail.queue.snapshot()));
    },
  ),
  perVersion(
    {
      name: 'ferry_batch_size',
      type: 'histogram',
      unit: 'rows',
      labels: ['model', 'version', 'le'],
      help: 'Rows of the batches that were run',
    },
    ({ statistics }, labels, text) => text.histogram(labels, batchSizes(statistics)),
  ),
  perVersion(
    {
      name: 'ferry_batches_total',
      type: 'counter',
      unit: 'batches',
      labels: ['model', 'version', 'reason'],
      help: 'Batches that left the queue, by the reason why they left, those that failed included',
    },
    ({ departures }, labels, text) => {
      for (const reason of DEPARTURE_REASONS) text.value({ ...labels, reason }, departures[reason] ?? 0);
    },
  ),
  perVersion(
    {
      name: 'ferry_requests_in_flight',
      type: 'gauge',
      unit: 'requests',
      help: 'Requests that are in a running batch',
    },
    ({ inFlight }, labels, text) => text.value(labels, inFlight),
  ),
  perVersion(
    {
      name: 'ferry_queue_capacity_requests',
      type: 'gauge',
      unit: 'requests',
      help: 'Requests that may wait at once; further ones are refused',
    },
    ({ maxQueueSize }, labels, text) => text.value(labels, maxQueueSize),
  ),
  perVersion(
    {
      name: 'ferry_instances_ready',
      type: 'gauge',
      unit: 'instances',
      help: 'Instances that can run a batch',
    },
    ({ instancesReady }, labels, text) => text.value(labels, instancesReady),
  ),
  perVersion(
    {
      name: 'ferry_instance_busy_seconds_total',
      type: 'counter',
      unit: 'seconds',
      help: 'Time in which instances were executing, summed over instances',
    },
    ({ busyUs }, labels, text) => text.value(labels, busyUs / US_PER_SECOND),
  ),
  {
    name: 'ferry_model_ready',
    type: 'gauge',
    unit: '0 or 1',
    labels: ['model'],
    help: 'Whether a model that should serve does; no series for one that was unloaded on purpose',
    collect: ({ models }, text) => {
      for (const { model, ready } of models) text.value({ model }, ready === null ? null : Number(ready));
    },
  },
  {
    name: 'ferry_rejected_requests_total',
    type: 'counter',
    unit: 'requests',
    labels: ['model', 'reason'],
    help: 'Requests that got an error instead of a result, by error code, since the server started',
    collect: ({ models }, text) => {
      for (const { model, failed } of models) {
        const reasons = new Set([...USUAL_REJECTIONS, ...(Object.keys(failed) as ErrorCode[])]);
        for (const reason of reasons) text.value({ model, reason }, failed[reason] ?? 0);
      }
    },
  },
  perDevice(
    'ferry_device_busy_seconds_total',
    'counter',
    'seconds',
    'Time in which instances on this device were executing, summed over instances',
    ({ sample }) => sample.busyUs / US_PER_SECOND,
  ),
  perDevice(
    'ferry_device_instances',
    'gauge',
    'instances',
    'Instances on this device',
    ({ sample }) => sample.instances,
  ),
  {
    name: 'ferry_device_model_busy_seconds_total',
    type: 'counter',
    unit: 'seconds',
    labels: ['device', 'kind', 'model'],
    help: 'Time in which instances of this model were executing on this device, summed over instances',
    collect: ({ devices }, text) => {
      for (const { device, kind, share } of sharesOf(devices))
        text.value({ device, kind, model: share.model }, share.busyUs / US_PER_SECOND);
    },
  },
  {
    name: 'ferry_device_model_weight',
    type: 'gauge',
    unit: 'parts',
    labels: ['device', 'kind', 'model', 'class'],
    help: 'Parts of the device that the model gets while others of its class want it too',
    collect: ({ devices }, text) => {
      for (const { device, kind, share } of sharesOf(devices))
        text.value({ device, kind, model: share.model, class: share.deviceClass }, share.weight);
    },
  },
  ...MEMORY_FAMILIES,
  perDevice(
    'ferry_device_temperature_celsius',
    'gauge',
    'degrees Celsius',
    'Temperature of the device',
    ({ sample }) => sample.temperatureCelsius.value,
  ),
  ofProcess(
    'ferry_process_resident_memory_bytes',
    'gauge',
    'bytes',
    'Resident memory of the server process, all sessions included',
    ({ rssBytes }) => rssBytes,
  ),
  ofProcess(
    'ferry_process_heap_bytes',
    'gauge',
    'bytes',
    'JavaScript heap in use on the main thread',
    ({ heapUsedBytes }) => heapUsedBytes,
  ),
  ofProcess(
    'ferry_process_start_time_seconds',
    'gauge',
    'seconds',
    'Start of the server since the epoch',
    ({ startedAtMs }) => startedAtMs / MS_PER_SECOND,
  ),
  ofProcess(
    'ferry_event_loop_busy_seconds_total',
    'counter',
    'seconds',
    'Time in which the event loop of the doors was busy: its rate is the busy share',
    ({ eventLoopBusySeconds }) => eventLoopBusySeconds,
  ),
  {
    name: 'ferry_build_info',
    type: 'gauge',
    unit: '1',
    labels: ['version'],
    help: 'Always 1; the label says which version of the server it is',
    collect: ({ process: { version } }, text) => text.value({ version }, 1),
  },
];
