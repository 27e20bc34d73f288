export { type ControlClient, type ControlConnection, connectControl } from './connect';
export { ControlError, toControlError } from './control-error';
export { desktop } from './desktop';
export { browserAddress, type EngineAddress, isDesktop } from './engine-address';
