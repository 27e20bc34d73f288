export { type ControlRouter, controlRouter } from './router';
export type { ControlServices, Feed, Observable } from './services';
export { ControlServer, type ControlServerOptions } from './control-server';
export { DESKTOP_ORIGIN } from './gate';
export { newToken } from './token';
export { createEngineServices } from './engine-services';
export { Publisher } from './publisher';
