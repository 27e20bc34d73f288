export { DeviceBusy } from './device-busy';
export { DeviceEnergy } from './device-energy';
export { metricsPage } from './metrics-page';
export type { DeviceView, MetricsView, ModelView, VersionView } from './metrics-view';
export { type ModelGauges, ModelStats } from './model-stats';
export { VersionStats } from './version-stats';
