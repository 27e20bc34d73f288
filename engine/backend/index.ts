export { isDeviceLoss } from './device-loss';
export { executionProviders, onnxruntimeVersion, type ProviderAvailability } from './execution-providers';
export { createOnnxSession } from './onnx-session';
export { isOutOfMemory } from './out-of-memory';
export type { Session, SessionOutput } from './session';
export { createSimulatedSession } from './simulated-session';
