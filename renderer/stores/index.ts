export { type ConnectionPhase, connectionStore, restartEngine, startConnection } from './connection';
export {
  currentRates,
  type DevicePoint,
  deviceSeries,
  type RatePoint,
  rateSeries,
} from './derive-series';
export { type CurrentShare, currentShares } from './device-shares';
export {
  deleteLoadTest,
  getLoadTest,
  loadTestStore,
  refreshHistory,
  startLoadTest,
  stopLoadTest,
} from './load-test';
export { logsStore } from './logs';
export { marksStore } from './marks';
export { metricsStore } from './metrics';
export {
  importModel,
  inspectModel,
  loadModel,
  modelConfiguration,
  modelsStore,
  previewSettings,
  recentBatches,
  removeModel,
  rescan,
  unloadModel,
  updateSettings,
  uploadModel,
} from './models';
export {
  type ChartWindow,
  type ColorScheme,
  preferencesStore,
  setChartWindow,
  setColorScheme,
  togglePaused,
} from './preferences';
export { showMeStore, startShowMe, stopShowMe } from './show-me';
export { statusStore } from './status';
export { subscribeAll } from './subscribe-all';
