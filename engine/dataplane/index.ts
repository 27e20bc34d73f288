export type { DataPlane } from './data-plane';
export { RegistryDataPlane } from './registry-data-plane';
