export {
  type CheckedModel,
  type CheckOptions,
  checkRepository,
  type RepositoryCheck,
} from './check-repository';
export { ModelRegistry, type ModelRegistryOptions } from './registry';
export { seedRepository } from './seed-repository';
export { ServedModel, type ServingContext } from './served-model';
