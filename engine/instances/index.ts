export {
  type Instance,
  type InstanceLoss,
  type InstanceState,
  moveInstance,
  type RunOutput,
  type WarmingInstance,
} from './instance';
export { InstancePool, type InstancePoolOptions } from './instance-pool';
export { ThreadInstance } from './thread-instance';
