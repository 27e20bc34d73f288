export type { Instance, InstanceState, RunOutput } from './instance';
export { InstancePool, type InstancePoolOptions } from './instance-pool';
export { ThreadInstance } from './thread-instance';
