import type { Clock, Logger } from '../base';
import type { DataPlane } from '../dataplane';
import type { CancelSignal } from '../inference';
import type { EncodedMessage } from '../protocol';

/** What all methods work with. */
export interface MethodContext {
  readonly dataPlane: DataPlane;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** What a method sees of its call. */
export interface CallView {
  /** Fires when the client is gone or its deadline has passed. */
  readonly signal: CancelSignal;
}

/** A method with one message each way. Throws or rejects with an EngineError. */
export interface UnaryMethod {
  readonly kind: 'unary';
  handle(
    message: Buffer,
    call: CallView,
    context: MethodContext,
  ): EncodedMessage | Uint8Array | Promise<EncodedMessage | Uint8Array>;
}

/** What a method sees of a call whose messages stream. */
export interface StreamCallView extends CallView {
  readonly wantsStatusErrors: boolean;
  send(message: EncodedMessage | Uint8Array): void;
  /** The call went well, and is over. */
  end(): void;
  /** The call failed, and is over. */
  fail(error: unknown): void;
  /** How many messages are being worked on: more are not read beyond a limit. */
  setPending(count: number): void;
}

export interface StreamHandler {
  message(message: Buffer): void;
  /** The client sends no more. */
  end(): void;
  /** The call is over, whoever ended it. */
  closed(): void;
}

/** A method whose messages stream, one way or both. */
export interface StreamMethod {
  readonly kind: 'stream';
  open(call: StreamCallView, context: MethodContext): StreamHandler;
}

export type Method = UnaryMethod | StreamMethod;
