export type { Instance, InstanceState, RunOutput } from './instance';
export type { InstanceSpec } from './instance-messages';
export { InstancePool, type InstancePoolOptions } from './instance-pool';
export { ThreadInstance } from './thread-instance';
