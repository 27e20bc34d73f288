export { buildRequest, floatsOf, fp32, TestCancelSignal } from './build-request';
export { FakeClock, flushPromises } from './fake-clock';
export { FakeRunner } from './fake-runner';
export { IdentityDataPlane } from './identity-data-plane';
