export {
  type CheckedModel,
  type CheckOptions,
  checkRepository,
  type RepositoryCheck,
} from './check-repository';
export { INSTANCE_BYTES } from './memory';
export { ModelRegistry, type ModelRegistryOptions } from './registry';
export { seedRepository } from './seed-repository';
export { ServedModel } from './served-model';
export type { ServingContext } from './serving-context';
