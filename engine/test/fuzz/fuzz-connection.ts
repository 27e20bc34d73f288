import { connect, type Socket } from 'node:net';

export interface FuzzAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What came back for what was sent. */
export interface FuzzReply {
  readonly answers: readonly FuzzAnswer[];
  readonly ending: 'complete' | 'closed' | 'hung';
  /** Bytes of an answer that did not become whole. */
  readonly rest: Buffer;
}

/** Longest wait for a reply. A door that takes longer is taken for hung. */
const PATIENCE_MS = 30_000;
const NOTHING = Buffer.alloc(0);

/** A client without manners: it sends any bytes, and reads answers as they come. */
export class FuzzConnection {
  readonly #socket: Socket;
  #received = NOTHING;
  #isClosed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (piece) => {
      this.#received = this.#received.byteLength === 0 ? piece : Buffer.concat([this.#received, piece]);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static open(host: string, port: number): Promise<FuzzConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new FuzzConnection(socket));
      });
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Sends, and reads an answer for each of `methods`, or up to the end of the connection.
   * @param thenEnd the client's side is closed after the bytes: there is nothing more to wait for
   */
  async exchange(bytes: Buffer, methods: readonly string[], thenEnd: boolean): Promise<FuzzReply> {
    if (thenEnd) this.#socket.end(bytes);
    else this.#socket.write(bytes);
    const answers: FuzzAnswer[] = [];
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      this.#wake();
    }, PATIENCE_MS);
    for (;;) {
      this.#takeAnswers(answers, methods, thenEnd);
      if (hung || this.#isClosed || (!thenEnd && answers.length >= methods.length)) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    const ending = answers.length >= methods.length && !thenEnd ? 'complete' : hung ? 'hung' : 'closed';
    return { answers, ending, rest: this.#received };
  }

  destroy(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #takeAnswers(answers: FuzzAnswer[], methods: readonly string[], all: boolean): void {
    while (all || answers.length < methods.length) {
      const answer = this.#takeAnswer(methods[answers.length] === 'HEAD');
      if (answer === null) return;
      if (answer.status !== 100) answers.push(answer);
    }
  }

  #takeAnswer(withoutBody: boolean): FuzzAnswer | null {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return null;
    const [line = '', ...fields] = this.#received.toString('latin1', 0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1] ?? Number.NaN);
    const headers = new Map(
      fields.map((field) => [
        field.slice(0, field.indexOf(':')).toLowerCase(),
        field.slice(field.indexOf(':') + 2),
      ]),
    );
    const length = withoutBody ? 0 : Number(headers.get('content-length') ?? 0);
    if (this.#received.byteLength < end + 4 + length) return null;
    const body = this.#received.subarray(end + 4, end + 4 + length);
    this.#received = this.#received.subarray(end + 4 + length);
    return { status, headers, body };
  }
}
