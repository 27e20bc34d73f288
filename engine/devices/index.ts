export { type CpuBudgetOptions, cpuBudget } from './cpu-budget';
export { createDeviceMonitor, type DeviceMonitor, type DeviceMonitorOptions } from './device-monitor';
export type { DeviceReadings } from './readings';
