export { DeviceBusy } from './device-busy';
export { LatencyHistogram } from './latency-histogram';
export { type ModelGauges, ModelStats } from './model-stats';
