export { loadFlow } from './model-load-flow';
export { ModelsScreen } from './models-screen';
