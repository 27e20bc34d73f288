export { ControlServer, type ControlServerOptions } from './control-server';
export { deviceInfos, deviceOfProvider, sampleDevices } from './device-samples';
export { createEngineServices } from './engine-services';
export { createMemoryBudgets, gpuWord, warnOfUnknownDevices } from './memory-budgets';
export { Publisher } from './publisher';
export type { ControlRouter } from './router';
export type { ControlServices, Feed, Observable } from './services';
export { StatusBoard } from './status-board';
export { newToken } from './token';
