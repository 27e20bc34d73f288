export { type LoadGenerator, startLoadGenerator } from './load-generator';
export type { LoadPlan, LoadSnapshot, RequestSource } from './load-plan';
export { makeInput } from './make-inputs';
export { pickDemoModel } from './pick-demo-model';
export { createRandom } from './random';
export { createLoadTestRunner, type LoadTestRunner, type LoadTestRunnerParts } from './runner';
export { createShowMe, type ShowMe, type ShowMeParts } from './show-me';
