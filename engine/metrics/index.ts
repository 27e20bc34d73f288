export { DeviceBusy } from './device-busy';
export { type ModelGauges, ModelStats } from './model-stats';
export { VersionStats } from './version-stats';
