export { LoadTestScreen } from './load-test-screen';
