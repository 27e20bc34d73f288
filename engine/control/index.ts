export { type ControlRouter, controlRouter } from './router';
export type { ControlServices, Feed, Observable } from './services';
