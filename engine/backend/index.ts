export { isDeviceLoss } from './device-loss';
export { executionProviders, onnxruntimeVersion, type ProviderAvailability } from './execution-providers';
export { createOnnxSession } from './onnx-session';
export type { Session, SessionOutput } from './session';
export { createSimulatedSession } from './simulated-session';
