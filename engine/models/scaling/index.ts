export { InstanceScaler } from './instance-scaler';
export { obstacleToInstances } from './memory-headroom';
