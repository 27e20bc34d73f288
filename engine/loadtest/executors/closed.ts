import { type ConnectionOwner, HttpConnection } from '../http-connection';
import { errorKindOf, isSuccess } from './error-kind';
import type { Executor, ExecutorParts } from './executor';

/** First pause of a client whose request failed; each further failure in a row doubles it. */
const FIRST_BACK_OFF_US = 20_000;
/** Longest pause, also when a `Retry-After` asks for more: a client that sleeps through the run measures nothing. */
const LONGEST_BACK_OFF_US = 1_000_000;

/**
 * Closed model: a fixed number of clients, each of which sends its next request as soon as it has its answer. The load
 * follows the server's speed; a stall therefore stops the clients too, and shows up in the latencies only once per client.
 */
export class ClosedExecutor implements Executor {
  readonly parts: ExecutorParts;
  readonly #clients: readonly Client[];
  #nextRequest = 0;
  /** False once no client may send any more. */
  sending = true;
  inFlight = 0;

  constructor(clients: number, parts: ExecutorParts) {
    this.parts = parts;
    this.#clients = Array.from({ length: clients }, () => new Client(this));
  }

  start(): void {
    for (const client of this.#clients) client.send(this.parts.nowUs());
  }

  sweep(nowUs: number): void {
    for (const client of this.#clients) client.sweep(nowUs);
  }

  stop(): void {
    this.sending = false;
  }

  close(kind: string): void {
    this.sending = false;
    for (const client of this.#clients) client.close(kind);
  }

  /** The pool's requests in turn, over all clients. */
  nextRequest(): Uint8Array {
    const { requests } = this.parts.target;
    return requests[this.#nextRequest++ % requests.length] as Uint8Array;
  }
}

class Client implements ConnectionOwner {
  readonly #loop: ClosedExecutor;
  readonly #connection: HttpConnection;
  /** End of the pause after a failure; 0 while there is none. */
  #restUntilUs = 0;
  #backOffUs = FIRST_BACK_OFF_US;

  constructor(loop: ClosedExecutor) {
    this.#loop = loop;
    this.#connection = new HttpConnection(loop.parts.target.host, loop.parts.target.port, this);
  }

  send(atUs: number): void {
    const loop = this.#loop;
    loop.inFlight++;
    this.#connection.intendedUs = atUs;
    this.#connection.sentUs = atUs;
    loop.parts.report.sent(atUs);
    this.#connection.send(loop.nextRequest());
  }

  onResponse({ response, intendedUs, sentUs }: HttpConnection): void {
    const loop = this.#loop;
    const atUs = loop.parts.nowUs();
    loop.inFlight--;
    if (isSuccess(response)) {
      loop.parts.report.succeeded(intendedUs, sentUs, atUs);
      this.#backOffUs = FIRST_BACK_OFF_US;
      if (loop.sending) this.send(atUs);
    } else {
      loop.parts.report.failed(intendedUs, errorKindOf(response));
      this.#rest(atUs, response.head.retryAfterSeconds * 1e6);
    }
  }

  onFailure({ intendedUs }: HttpConnection, kind: string): void {
    this.#loop.inFlight--;
    this.#loop.parts.report.failed(intendedUs, kind);
    this.#rest(this.#loop.parts.nowUs(), -1);
  }

  sweep(nowUs: number): void {
    if (this.#connection.busy) {
      if (nowUs - this.#connection.sentUs < this.#loop.parts.requestTimeoutUs) return;
      this.#connection.abandon();
      this.onFailure(this.#connection, 'timeout');
    } else if (this.#loop.sending && this.#restUntilUs > 0 && nowUs >= this.#restUntilUs) {
      this.#restUntilUs = 0;
      this.send(nowUs);
    }
  }

  close(kind: string): void {
    const wasBusy = this.#connection.busy;
    this.#connection.abandon();
    if (wasBusy) this.onFailure(this.#connection, kind);
  }

  /** @param retryAfterUs what the server asked for; negative when it did not */
  #rest(nowUs: number, retryAfterUs: number): void {
    const askedUs = retryAfterUs >= 0 ? Math.max(retryAfterUs, FIRST_BACK_OFF_US) : this.#backOffUs;
    this.#backOffUs = Math.min(this.#backOffUs * 2, LONGEST_BACK_OFF_US);
    this.#restUntilUs = nowUs + Math.min(askedUs, LONGEST_BACK_OFF_US);
  }
}
