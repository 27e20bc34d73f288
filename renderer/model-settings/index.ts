export { OriginTag } from './origin-tag';
export { PROVIDER_NAMES } from './provider-order';
export { SettingsPanel } from './settings-panel';
export { useModelRates } from './use-model-rates';
