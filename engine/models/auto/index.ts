export { AutoMode } from './auto-mode';
export { CurveStore } from './curve-store';
