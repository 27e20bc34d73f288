import { EngineError } from '../base';
import type { CancelSignal } from '../inference';
import { BodyCollector, BodyCounter, type BodySink } from './body-collector';
import type { BodyPool } from './body-pool';
import { ChunkDecoder } from './chunk-decoder';
import type { Exchange } from './exchange';
import type { RequestHead } from './request-head';
import type { Response } from './response-bytes';

/** What an exchange needs of the connection that it came on. */
export interface ExchangeConnection {
  readonly localAddress: string | null;
  readonly bodies: BodyPool;
  /** Takes the next `length` bytes of the body when they are all there already; null when not. */
  takeWhole(exchange: ConnectionExchange, length: number): Buffer | null;
  /** The exchange wants its body, piece by piece. */
  bodyWanted(exchange: ConnectionExchange): void;
  /** The exchange has its answer. */
  answered(exchange: ConnectionExchange): void;
}

const NO_BODY = new Uint8Array(0);

/** A request on a connection: how far its body is read, and its answer once there is one. */
export class ConnectionExchange implements Exchange {
  readonly signal = new RequestSignal();
  readonly #connection: ExchangeConnection;
  #reading: BodyReading | null = null;
  #body: BodyCollector | null = null;
  #isGone = false;
  #bodyFailed = false;
  response: Response | null = null;

  constructor(
    readonly head: RequestHead,
    readonly startedUs: number,
    connection: ExchangeConnection,
  ) {
    this.#connection = connection;
  }

  get localAddress(): string | null {
    return this.#connection.localAddress;
  }

  get isReadingBody(): boolean {
    return this.#reading !== null;
  }

  /** Its body was given up before its end. */
  get bodyFailed(): boolean {
    return this.#bodyFailed;
  }

  body(limitBytes: number): Uint8Array | Promise<Uint8Array> {
    const { bodies } = this.#connection;
    return this.#read(limitBytes, (declared) => {
      this.#body = new BodyCollector(declared, limitBytes, bodies);
      return this.#body;
    });
  }

  releaseBody(): void {
    this.#body?.release();
    this.#body = null;
  }

  async skipBody(limitBytes: number): Promise<void> {
    if (!this.head.awaitsContinue)
      await this.#read(limitBytes, (declared) => new BodyCounter(declared, limitBytes));
  }

  #read(limitBytes: number, sinkOf: (declared: number | null) => BodySink): Uint8Array | Promise<Uint8Array> {
    const { bodyLength } = this.head;
    if (bodyLength === 0) return NO_BODY;
    if (this.#isGone) throw gone();
    if (bodyLength !== null && bodyLength <= limitBytes) {
      const whole = this.#connection.takeWhole(this, bodyLength);
      if (whole) return whole;
    }
    const collector = sinkOf(bodyLength);
    return new Promise((resolve, reject) => {
      this.#reading = new BodyReading(bodyLength, collector, resolve, reject);
      this.#connection.bodyWanted(this);
    });
  }

  /**
   * Takes what belongs to the body from `start` on.
   * @returns how many bytes that was; fewer than there are only when the body is complete
   */
  feedBody(bytes: Buffer, start: number): number {
    const reading = this.#reading;
    if (!reading) return 0;
    try {
      const taken = reading.feed(bytes, start);
      if (reading.isComplete) {
        this.#reading = null;
        reading.resolve(reading.collector.body());
      }
      return taken;
    } catch (error) {
      this.failBody(error);
      return 0;
    }
  }

  /** The body will not be read on: whoever waits for it is told why. */
  failBody(error: unknown): void {
    const reading = this.#reading;
    this.#reading = null;
    this.#bodyFailed = true;
    reading?.reject(error);
  }

  respond(status: number, headers: Readonly<Record<string, string>>, chunks: readonly Uint8Array[]): void {
    if (this.response || this.#isGone) return;
    this.response = { status, headers, chunks };
    this.#connection.answered(this);
  }

  /** The client left before it had its answer. */
  leave(): void {
    this.#isGone = true;
    this.signal.cancel();
    this.failBody(gone());
  }
}

/** A body that comes in pieces. */
class BodyReading {
  readonly #decoder: ChunkDecoder | null;

  constructor(
    readonly length: number | null,
    readonly collector: BodySink,
    readonly resolve: (body: Uint8Array) => void,
    readonly reject: (error: unknown) => void,
  ) {
    this.#decoder = length === null ? new ChunkDecoder((piece) => collector.add(piece)) : null;
  }

  get isComplete(): boolean {
    return this.#decoder ? this.#decoder.isDone : this.collector.length === this.length;
  }

  feed(bytes: Buffer, start: number): number {
    if (this.#decoder) return this.#decoder.feed(bytes, start);
    const end = Math.min(bytes.byteLength, start + (this.length ?? 0) - this.collector.length);
    this.collector.add(start === 0 && end === bytes.byteLength ? bytes : bytes.subarray(start, end));
    return end - start;
  }
}

/** The CancelSignal of one HTTP request. */
class RequestSignal implements CancelSignal {
  readonly code = 'CANCELLED';
  cancelled = false;
  onCancel: (() => void) | null = null;

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.onCancel?.();
  }
}

function gone(): EngineError {
  return new EngineError('CANCELLED', 'the client left before the request was complete');
}
