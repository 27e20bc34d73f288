import { EngineError, invalid, publicError, type Timer } from '../base';
import type { CancelSignal } from '../inference';
import type { EncodedMessage } from '../protocol';
import type { CallHead } from './call-head';
import type { Http2Stream, StreamConsumer } from './http2';
import { type MessageCoding, packMessage, unpackMessage } from './message-coding';
import { MessageReader } from './message-reader';
import type { Method, MethodContext, StreamCallView, StreamHandler } from './method';
import { answerHeaders, errorTrailers, OK_TRAILERS } from './status';

export interface CallLimits {
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
}

/** Messages of one call that may be worked on, or wait to be sent, before the client has to wait. */
const PENDING_MESSAGES = 256;
const PENDING_BYTES = 8 * 1024 * 1024;
const PREFIX_BYTES = 5;

/**
 * One call: its messages in, its messages and its status out. It ends exactly once: by an answer, an error, its deadline, or the
 * client's leaving; what comes after that is dropped.
 */
export class GrpcCall implements StreamConsumer, StreamCallView, CancelSignal {
  cancelled = false;
  code: CancelSignal['code'] = 'CANCELLED';
  onCancel: (() => void) | null = null;
  readonly signal: CancelSignal = this;
  readonly #stream: Http2Stream;
  readonly #head: CallHead;
  readonly #method: Method;
  readonly #context: MethodContext;
  readonly #limits: CallLimits;
  readonly #reader: MessageReader;
  readonly #handler: StreamHandler | null;
  #deadline: Timer | null = null;
  /** The one message of a unary call. */
  #message: Buffer | Promise<Buffer> | null = null;
  #isOver = false;
  #hasHeaders = false;
  /** Messages are unpacked and packed one after the other, in their order. */
  #inbound: Promise<void> | null = null;
  #outbound: Promise<void> | null = null;
  #pending = 0;
  #isStopping = false;

  constructor(
    stream: Http2Stream,
    head: CallHead,
    method: Method,
    context: MethodContext,
    limits: CallLimits,
  ) {
    this.#stream = stream;
    this.#head = head;
    this.#method = method;
    this.#context = context;
    this.#limits = limits;
    this.#reader = new MessageReader(limits.maxRequestBytes, (message, isCompressed) =>
      this.#received(message, isCompressed),
    );
    this.#handler = method.kind === 'stream' ? method.open(this, context) : null;
    if (head.timeoutUs !== null) {
      const { clock } = context;
      this.#deadline = clock.callAt(clock.nowUs() + head.timeoutUs, () => this.#expire());
    }
  }

  get wantsStatusErrors(): boolean {
    return this.#head.wantsStatusErrors;
  }

  data(bytes: Buffer, isLast: boolean): void {
    if (this.#isOver) return;
    try {
      this.#reader.feed(bytes);
      if (isLast) this.#requestEnded();
    } catch (error) {
      this.fail(error);
    }
  }

  stalled(): void {
    // A call that streams may rest between two messages for as long as it likes.
    if (this.#handler && !this.#reader.isMidway) return;
    this.fail(new EngineError('REQUEST_TIMEOUT', 'the request did not arrive in time'));
  }

  lost(): void {
    this.#cancel('CANCELLED');
    this.#over();
  }

  stopping(): void {
    this.#isStopping = true;
    this.#endIfStopping();
  }

  setPending(count: number): void {
    this.#pending = count;
    this.#regulate();
    this.#endIfStopping();
  }

  send(message: EncodedMessage | Uint8Array): void {
    if (this.#isOver) return;
    const { pieces, byteLength } = asEncoded(message);
    const { maxResponseBytes } = this.#limits;
    if (byteLength > maxResponseBytes) {
      this.fail(
        new EngineError(
          'PAYLOAD_TOO_LARGE',
          `the answer has ${byteLength} bytes, the limit is ${maxResponseBytes} bytes; --grpc-max-response-bytes raises it`,
        ),
      );
      return;
    }
    const coding = this.#head.acceptsOwnCoding ? this.#head.coding : null;
    if (coding === null) this.#write(pieces, byteLength, false);
    else this.#sendPacked(pieces, coding);
  }

  end(): void {
    if (this.#outbound) void this.#outbound.then(() => this.#endNow());
    else this.#endNow();
  }

  fail(thrown: unknown): void {
    if (this.#isOver) return;
    const error = publicError(thrown, this.#context.logger);
    const trailers = errorTrailers(error, !this.#hasHeaders);
    // What else is under way for a stream has nobody to go to.
    if (this.#handler) this.#cancel('CANCELLED');
    this.#over();
    this.#stream.end(trailers);
  }

  #received(message: Buffer, isCompressed: boolean): void {
    if (this.#isOver) return;
    const { coding } = this.#head;
    if (isCompressed && coding === null)
      throw invalid('a message is marked as compressed, but the call names no grpc-encoding');
    const plain =
      isCompressed && coding !== null
        ? unpackMessage(message, coding, this.#limits.maxRequestBytes)
        : message;
    if (this.#handler) this.#pass(this.#handler, plain);
    else if (this.#message !== null) {
      if (plain instanceof Promise) plain.catch(() => undefined);
      throw invalid('the call takes one message, more were sent');
    } else {
      // Taken up again below; a rejection in between is not one that nobody handles.
      if (plain instanceof Promise) plain.catch(() => undefined);
      this.#message = plain;
    }
  }

  #pass(handler: StreamHandler, message: Buffer | Promise<Buffer>): void {
    if (!(message instanceof Promise) && this.#inbound === null) {
      handler.message(message);
      return;
    }
    this.#inOrder(async () => handler.message(await message), message);
  }

  #requestEnded(): void {
    if (this.#reader.isMidway) throw invalid('the request ends within a message');
    const handler = this.#handler;
    if (handler) {
      if (this.#inbound === null) handler.end();
      else this.#inOrder(async () => handler.end());
      return;
    }
    if (this.#message === null) throw invalid('the call takes one message, none was sent');
    this.#run(this.#message);
    this.#message = null;
  }

  #inOrder(step: () => Promise<void>, awaited?: Buffer | Promise<Buffer>): void {
    if (awaited instanceof Promise) awaited.catch(() => undefined);
    this.#inbound = (this.#inbound ?? Promise.resolve())
      .then(() => (this.#isOver ? undefined : step()))
      .catch((error) => this.fail(error));
  }

  /** A unary call, from its message to its answer. */
  #run(message: Buffer | Promise<Buffer>): void {
    if (this.#method.kind !== 'unary') return;
    if (message instanceof Promise) {
      message.then(
        (plain) => this.#run(plain),
        (error) => this.fail(error),
      );
      return;
    }
    const answer = this.#method.handle(message, this, this.#context);
    if (answer instanceof Promise) {
      answer.then(
        (encoded) => this.#answer(encoded),
        (error) => this.fail(error),
      );
    } else this.#answer(answer);
  }

  #answer(message: EncodedMessage | Uint8Array): void {
    this.send(message);
    this.end();
  }

  #sendPacked(pieces: readonly Uint8Array[], coding: MessageCoding): void {
    this.#outbound = (this.#outbound ?? Promise.resolve())
      .then(() => packMessage(pieces, coding))
      .then((packed) => this.#write([packed], packed.byteLength, true))
      .catch((error) => this.fail(error));
  }

  #write(pieces: readonly Uint8Array[], byteLength: number, isCompressed: boolean): void {
    if (this.#isOver) return;
    if (!this.#hasHeaders) {
      this.#hasHeaders = true;
      this.#stream.headers(answerHeaders(isCompressed ? this.#head.coding : null));
    }
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
    prefix[0] = isCompressed ? 1 : 0;
    prefix.writeUInt32BE(byteLength, 1);
    this.#stream.send([prefix, ...pieces], PREFIX_BYTES + byteLength);
    if (this.#handler) this.#regulate();
  }

  #endNow(): void {
    if (this.#isOver) return;
    if (!this.#hasHeaders) {
      this.#hasHeaders = true;
      this.#stream.headers(answerHeaders(null));
    }
    this.#over();
    this.#stream.end(OK_TRAILERS);
  }

  /** A client that sends faster than it is answered, or than it reads its answers, waits. */
  #regulate(): void {
    if (this.#pending >= PENDING_MESSAGES || this.#stream.queuedBytes > PENDING_BYTES) this.#stream.pause();
    else this.#stream.resume();
  }

  /** An open stream that nothing is under way on would keep the engine from stopping for as long as its client likes. */
  #endIfStopping(): void {
    if (this.#isStopping && this.#handler && this.#pending === 0 && !this.#isOver)
      this.fail(new EngineError('SHUTTING_DOWN', 'the engine is stopping'));
  }

  #expire(): void {
    this.#cancel('CALL_EXPIRED');
    this.fail(new EngineError('CALL_EXPIRED', 'the deadline of the call has passed'));
  }

  #cancel(code: CancelSignal['code']): void {
    if (this.#isOver || this.cancelled) return;
    this.cancelled = true;
    this.code = code;
    this.onCancel?.();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#message = null;
    this.#deadline?.cancel();
    this.#handler?.closed();
  }
}

function asEncoded(message: EncodedMessage | Uint8Array): EncodedMessage {
  return message instanceof Uint8Array ? { pieces: [message], byteLength: message.byteLength } : message;
}
