import type { DepartureReason } from '../contract';
import type { NamedTensor } from '../tensor';
import type { RequestSpans } from './request-spans';

export interface InferenceResult {
  readonly model: string;
  /** The version that ran. */
  readonly version: string;
  readonly outputs: readonly NamedTensor[];
  readonly spans: RequestSpans;
  readonly batch: { readonly id: number; readonly rows: number; readonly reason: DepartureReason };
}
