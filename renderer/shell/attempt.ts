import { failed } from '../components';

/** Does something for the operator and shows the engine's own words when it fails. */
export function attempt(work: () => Promise<unknown>, failure: string): void {
  work().catch(failed(failure));
}
