export { InstanceScaler } from './instance-scaler';
export { obstacleToInstance } from './memory-headroom';
