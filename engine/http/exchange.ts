import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Logger } from '../base';
import type { DataPlane } from '../dataplane';
import type { CancelSignal } from '../inference';

/** One request and its answer on their way through the door. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** From the path, decoded; empty on paths without a model. */
  readonly model: string;
  /** From the path; null: none was named. */
  readonly version: string | null;
  /** Fires when the client is gone. */
  readonly signal: RequestSignal;
  /** The client waits for leave to send the body (`Expect: 100-continue`). */
  readonly awaitsContinue: boolean;
}

/** What all routes work with. */
export interface RouteContext {
  readonly dataPlane: DataPlane;
  readonly maxRequestBytes: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The CancelSignal of one HTTP request. */
export class RequestSignal implements CancelSignal {
  readonly code = 'CANCELLED';
  cancelled = false;
  onCancel: (() => void) | null = null;

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.onCancel?.();
  }
}

/** Answers with JSON text. */
export function sendJson(response: ServerResponse, status: number, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.byteLength });
  response.end(body);
}
