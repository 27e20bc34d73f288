export {
  type CheckedModel,
  type CheckOptions,
  checkRepository,
  type RepositoryCheck,
} from './check-repository';
export { ColdStarts, INSTANCE_BYTES, Residency, type Tenant } from './memory';
export { ModelRegistry, type ModelRegistryOptions } from './registry';
export { seedRepository } from './seed-repository';
export { ServedModel } from './served-model';
export type { ServingContext } from './serving-context';
export { Turns } from './turns';
