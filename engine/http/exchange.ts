import type { Clock, Logger } from '../base';
import type { DataPlane } from '../dataplane';
import type { CancelSignal } from '../inference';
import type { RequestHead } from './request-head';

/** One request and its answer on their way through the door. */
export interface Exchange {
  readonly head: RequestHead;
  /** Fires when the client is gone. */
  readonly signal: CancelSignal;
  /** Address of this machine that the connection came in at; null when it is gone already. */
  readonly localAddress: string | null;
  /**
   * The request's body, read whole. To be called once. Throws or rejects with PAYLOAD_TOO_LARGE (by Content-Length before
   * anything is read, else as soon as the limit is passed), INVALID_ARGUMENT, CANCELLED when the client leaves in between,
   * REQUEST_TIMEOUT.
   */
  body(limitBytes: number): Uint8Array | Promise<Uint8Array>;
  /** To be called when nobody reads the body, nor a view of it, any more: its memory is then another's. */
  releaseBody(): void;
  /**
   * Reads over the body and keeps nothing of it, so that the connection can go on after an answer that does not need it. To be called
   * instead of `body`, throws and rejects as that. A client that asks before it sends is not asked to.
   */
  skipBody(limitBytes: number): Promise<void>;
  /** Answers. To be called once; on a connection that is gone it does nothing. */
  respond(status: number, headers: Readonly<Record<string, string>>, chunks: readonly Uint8Array[]): void;
}

/** What the path of a request named. */
export interface RouteParameters {
  /** Decoded; empty on paths without a model. */
  readonly model: string;
  /** Null: none was named. */
  readonly version: string | null;
  /** Decoded; empty on paths without a region of shared memory. */
  readonly region: string;
}

/** What all routes work with. */
export interface RouteContext {
  readonly dataPlane: DataPlane;
  readonly maxRequestBytes: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

const JSON_TYPE = { 'Content-Type': 'application/json' } as const;

/** Answers with JSON text. */
export function sendJson(exchange: Exchange, status: number, text: string): void {
  exchange.respond(status, JSON_TYPE, [Buffer.from(text)]);
}

/** Answers that it is done: there is nothing more to say. */
export function sendNothing(exchange: Exchange): void {
  exchange.respond(200, {}, []);
}
