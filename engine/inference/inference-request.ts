import type { NamedTensor } from '../tensor';

export type ParameterValue = string | number | bigint | boolean;

/** How one requested output is to be sent back. Only the protocol codecs read more than `name`. */
export interface RequestedOutput {
  readonly name: string;
  readonly binary: boolean;
  /** Top-k classification asked for; 0 for none. */
  readonly classificationCount: number;
}

/** One inference request, whatever door it came through. */
export interface InferenceRequest {
  readonly model: string;
  /** Null: the highest ready version. */
  readonly version: string | null;
  /** Empty when the client gave none. */
  readonly id: string;
  readonly inputs: readonly NamedTensor[];
  /** Null: all outputs. */
  readonly outputs: readonly RequestedOutput[] | null;
  /** What outputs that are not listed come back as (`binary_data_output`). */
  readonly binaryByDefault: boolean;
  readonly parameters: ReadonlyMap<string, ParameterValue>;
  /** Fires when the client is gone: the request then leaves the queue. */
  readonly signal?: CancelSignal;
}

/** A cheap one-shot cancel: an AbortSignal costs several microseconds a request, this costs nothing until it is used. */
export interface CancelSignal {
  readonly cancelled: boolean;
  /** Why: the client left or cancelled, or its own deadline passed. Read once it has fired. */
  readonly code: 'CANCELLED' | 'CALL_EXPIRED';
  /** At most one listener: the queue. */
  onCancel: (() => void) | null;
}
