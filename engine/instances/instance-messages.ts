import type { Datatype, ErrorCode } from '../contract';
import type { SessionSpec } from '../inference';

/** A tensor on its way between threads: its buffer is transferred, never copied. */
export interface WireTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** To the worker. */
export type ToInstance =
  | { readonly kind: 'load'; readonly spec: SessionSpec }
  | {
      readonly kind: 'run';
      readonly runId: number;
      readonly inputs: readonly WireTensor[];
      readonly outputNames: readonly string[] | null;
    }
  | { readonly kind: 'stop' };

/** From the worker. */
export type FromInstance =
  | { readonly kind: 'loaded'; readonly provider: string; readonly providerNotes: readonly string[] }
  | { readonly kind: 'load-failed'; readonly code: ErrorCode; readonly message: string }
  | {
      readonly kind: 'done';
      readonly runId: number;
      readonly outputs: readonly WireTensor[];
      readonly computeInputUs: number;
      readonly computeInferUs: number;
      readonly computeOutputUs: number;
    }
  | { readonly kind: 'failed'; readonly runId: number; readonly code: ErrorCode; readonly message: string };
