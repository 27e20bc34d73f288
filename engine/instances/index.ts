export {
  type Instance,
  type InstanceLoss,
  type InstanceState,
  moveInstance,
  type RunOutput,
} from './instance';
export { InstancePool, type InstancePoolOptions } from './instance-pool';
export { ThreadInstance } from './thread-instance';
