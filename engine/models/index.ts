export { ModelRegistry, type ModelRegistryOptions } from './registry';
export { ServedModel, type ServingContext } from './served-model';
export { seedRepository } from './seed-repository';
