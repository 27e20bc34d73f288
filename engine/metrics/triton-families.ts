import { ERROR_CODES, type ErrorCode } from '../contract';
import type { StatisticDuration } from '../inference';
import { type Family, labelsOf } from './family';
import type { LatencySummaries } from './latency-detail';
import type { LatencySummary } from './latency-summary';
import type { DeviceView, MetricsView, VersionView } from './metrics-view';
import type { FamilyText, Labels } from './prometheus-text';

const NS_PER_US = 1000;
const MS_PER_SECOND = 1000;

const MODEL_LABELS = ['model', 'version', 'gpu_uuid'];

/** Triton's labels of a version: ours, and the GPU on which it runs. */
function perTritonModel(
  row: Omit<Family, 'collect' | 'labels'> & { readonly labels?: readonly string[] },
  collect: (version: VersionView, labels: Labels, text: FamilyText) => void,
): Family {
  return {
    labels: MODEL_LABELS,
    ...row,
    collect: (view, text) => {
      for (const version of view.versions) {
        const gpu = gpusOf(view).find(({ info }) => info.id === version.deviceId);
        const labels = labelsOf(version);
        collect(version, gpu ? { ...labels, gpu_uuid: uuidOf(gpu) } : labels, text);
      }
    },
  };
}

function gpusOf({ devices }: MetricsView): readonly DeviceView[] {
  return devices.filter(({ info }) => info.kind === 'gpu');
}

/** Its own identity, or, where the system gives none, the name that it has here. */
function uuidOf({ info }: DeviceView): string {
  return info.uuid ?? info.id;
}

function durationCounter(
  name: string,
  help: string,
  pick: (version: VersionView) => StatisticDuration,
): Family {
  const row = { name, type: 'counter', unit: 'microseconds', help, only: 'counterLatencies' } as const;
  return perTritonModel(row, (version, labels, text) =>
    text.value(labels, Math.floor(pick(version).ns / NS_PER_US)),
  );
}

function durationSummary(
  name: string,
  help: string,
  pick: (all: LatencySummaries) => LatencySummary,
): Family {
  const row = {
    name,
    type: 'summary',
    unit: 'microseconds',
    labels: [...MODEL_LABELS, 'quantile'],
    help,
    only: 'summaryLatencies',
  } as const;
  return perTritonModel(row, (version, labels, text) => {
    const summaries = version.detail?.summaries;
    if (summaries) text.summary(labels, pick(summaries).summary());
  });
}

function gpuGauge(
  name: string,
  unit: string,
  help: string,
  pick: (gpu: DeviceView) => number | null,
  type: 'gauge' | 'counter' = 'gauge',
): Family {
  return {
    name,
    type,
    unit,
    labels: ['gpu_uuid'],
    help,
    collect: (view, text) => {
      for (const gpu of gpusOf(view)) text.value({ gpu_uuid: uuidOf(gpu) }, pick(gpu));
    },
  };
}

function cpuGauge(
  name: string,
  unit: string,
  help: string,
  pick: (cpu: DeviceView) => number | null,
): Family {
  return {
    name,
    type: 'gauge',
    unit,
    labels: [],
    help,
    collect: ({ devices }, text) => {
      const cpu = devices.find(({ info }) => info.kind === 'cpu');
      if (cpu) text.value({}, pick(cpu));
    },
  };
}

/** Triton's reasons. Every code has one of them, so that the four add up to the failures of the statistics. */
const FAILURE_REASONS = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const;
type FailureReason = (typeof FAILURE_REASONS)[number];
const REASON_OF: Readonly<Partial<Record<ErrorCode, FailureReason>>> = {
  QUEUE_FULL: 'REJECTED',
  OVERLOADED: 'REJECTED',
  DEADLINE_EXCEEDED: 'REJECTED',
  CANCELLED: 'CANCELED',
  CALL_EXPIRED: 'CANCELED',
  BACKEND_FAILED: 'BACKEND',
  INSTANCE_LOST: 'BACKEND',
  DEVICE_LOST: 'BACKEND',
  OUT_OF_MEMORY: 'BACKEND',
};

function failuresBy(reason: FailureReason, { failures }: VersionView): number {
  return (Object.keys(ERROR_CODES) as ErrorCode[])
    .filter((code) => (REASON_OF[code] ?? 'OTHER') === reason)
    .reduce((sum, code) => sum + (failures[code] ?? 0), 0);
}

/** Triton's families, with its names, labels and units, of which this server has something to say. */
export const TRITON_FAMILIES: readonly Family[] = [
  perTritonModel(
    {
      name: 'nv_inference_request_success',
      type: 'counter',
      unit: 'requests',
      help: 'Number of successful inference requests, all batch sizes',
    },
    ({ statistics }, labels, text) => text.value(labels, statistics.success.count),
  ),
  perTritonModel(
    {
      name: 'nv_inference_request_failure',
      type: 'counter',
      unit: 'requests',
      labels: [...MODEL_LABELS, 'reason'],
      help: 'Number of inference requests that failed after they were queued, by reason',
    },
    (version, labels, text) => {
      for (const reason of FAILURE_REASONS) text.value({ ...labels, reason }, failuresBy(reason, version));
    },
  ),
  perTritonModel(
    {
      name: 'nv_inference_count',
      type: 'counter',
      unit: 'inferences',
      help: 'Number of inferences performed: a batch of n counts n',
    },
    ({ statistics }, labels, text) => text.value(labels, statistics.inferenceCount),
  ),
  perTritonModel(
    {
      name: 'nv_inference_exec_count',
      type: 'counter',
      unit: 'batches',
      help: 'Number of model executions performed: a batch counts one',
    },
    ({ statistics }, labels, text) => text.value(labels, statistics.executionCount),
  ),
  durationCounter(
    'nv_inference_request_duration_us',
    'Cumulative time of successful requests from arrival to answer',
    ({ statistics }) => statistics.success,
  ),
  durationCounter(
    'nv_inference_queue_duration_us',
    'Cumulative time that successful requests waited in the queue',
    ({ statistics }) => statistics.queue,
  ),
  durationCounter(
    'nv_inference_compute_input_duration_us',
    'Cumulative time for preparing inputs; each request is charged with its whole batch',
    ({ statistics }) => statistics.computeInput,
  ),
  durationCounter(
    'nv_inference_compute_infer_duration_us',
    'Cumulative time in the model; each request is charged with its whole batch',
    ({ statistics }) => statistics.computeInfer,
  ),
  durationCounter(
    'nv_inference_compute_output_duration_us',
    'Cumulative time for taking outputs; each request is charged with its whole batch',
    ({ statistics }) => statistics.computeOutput,
  ),
  perTritonModel(
    {
      name: 'nv_inference_pending_request_count',
      type: 'gauge',
      unit: 'requests',
      help: 'Number of requests that wait and do not execute yet',
    },
    ({ queueLength }, labels, text) => text.value(labels, queueLength),
  ),
  perTritonModel(
    {
      name: 'nv_model_load_duration_secs',
      type: 'gauge',
      unit: 'seconds',
      help: 'Time that the last load of this version took',
    },
    ({ loadDurationMs }, labels, text) => text.value(labels, loadDurationMs / MS_PER_SECOND),
  ),
  perTritonModel(
    {
      name: 'nv_inference_first_response_histogram_ms',
      type: 'histogram',
      unit: 'milliseconds',
      labels: [...MODEL_LABELS, 'le'],
      help: 'Time from arrival to the first response',
      only: 'histogramLatencies',
    },
    ({ detail }, labels, text) => {
      if (detail?.firstResponse) text.histogram(labels, detail.firstResponse.buckets());
    },
  ),
  durationSummary(
    'nv_inference_request_summary_us',
    'Time of successful requests from arrival to answer, quantiles of the last minute',
    ({ request }) => request,
  ),
  durationSummary(
    'nv_inference_queue_summary_us',
    'Time that successful requests waited in the queue, quantiles of the last minute',
    ({ queue }) => queue,
  ),
  durationSummary(
    'nv_inference_compute_input_summary_us',
    "Time for preparing the inputs of a request's batch, quantiles of the last minute",
    ({ computeInput }) => computeInput,
  ),
  durationSummary(
    'nv_inference_compute_infer_summary_us',
    "Time of a request's batch in the model, quantiles of the last minute",
    ({ computeInfer }) => computeInfer,
  ),
  durationSummary(
    'nv_inference_compute_output_summary_us',
    "Time for taking the outputs of a request's batch, quantiles of the last minute",
    ({ computeOutput }) => computeOutput,
  ),
  gpuGauge(
    'nv_gpu_utilization',
    'share, 0 to 1',
    'GPU utilization by its driver',
    ({ sample }) => sample.utilization.value,
  ),
  gpuGauge(
    'nv_gpu_memory_total_bytes',
    'bytes',
    'GPU total memory',
    ({ sample }) => sample.memoryTotalBytes.value,
  ),
  gpuGauge(
    'nv_gpu_memory_used_bytes',
    'bytes',
    'GPU used memory',
    ({ sample }) => sample.memoryUsedBytes.value,
  ),
  gpuGauge('nv_gpu_power_usage', 'watts', 'GPU power draw', ({ sample }) => sample.powerWatts.value),
  gpuGauge(
    'nv_energy_consumption',
    'joules',
    'GPU energy since this server started, summed up from its power draw',
    ({ energyJoules }) => energyJoules,
    'counter',
  ),
  cpuGauge(
    'nv_cpu_utilization',
    'share, 0 to 1',
    'CPU utilization of the machine, or of the quota of CPUs that the server may use',
    ({ sample }) => sample.utilization.value,
  ),
  cpuGauge(
    'nv_cpu_memory_total_bytes',
    'bytes',
    'Memory of the machine, or the limit that is set on the server',
    ({ sample }) => sample.memoryTotalBytes.value,
  ),
  cpuGauge(
    'nv_cpu_memory_used_bytes',
    'bytes',
    'Memory in use, of that total',
    ({ sample }) => sample.memoryUsedBytes.value,
  ),
];
