export type { ModelsPort } from './models-port';
export { registryAsModelsPort } from './registry-port';
export { createHttpDoor, type HttpDoor, type HttpDoorOptions } from './server';
