export { useKeyboardOnly } from './keyboard-only';
export { loadAndUnloadModel, refuseBadFile } from './load-model';
export { runLoadTest } from './run-load-test';
export { goTo, modelCard } from './screens';
export { seeModels } from './see-models';
export type { Session } from './session';
export { shareDevice } from './share-device';
export { watchTheShow } from './show-me';
export { expectAnswer, surviveCrash } from './survive-crash';
