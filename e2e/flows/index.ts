export { testJourneys } from './journeys';
export { goTo, modelCard, modelEntry } from './screens';
export type { Session } from './session';
export { expectAnswer } from './survive-crash';
