export { createHttpDoor, type HttpDoor, type HttpDoorOptions } from './http-door';
export type { ModelsPort } from './models-port';
export { registryAsModelsPort } from './registry-port';
