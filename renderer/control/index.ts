export { type ControlClient, type ControlConnection, connectControl, tokenIsRefused } from './connect';
export { ControlError, toControlError } from './control-error';
export { desktop } from './desktop';
export { browserAddress, type EngineAddress, hashHasToken, isDesktop } from './engine-address';
