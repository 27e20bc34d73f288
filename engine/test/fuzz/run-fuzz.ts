import { createRandom } from '../random';
import { FuzzConnection } from './fuzz-connection';
import { faultOf } from './judge-reply';
import { type FuzzInput, restInput } from './rest-input';

export interface FuzzOptions {
  readonly host: string;
  readonly port: number;
  readonly inputs: number;
  readonly seed: number;
  readonly connections: number;
  /** Model that the canary asks, FP32 `x` [batch, 3]. Nothing else uses it, and what it answers is known. */
  readonly canary: {
    readonly model: string;
    readonly output: string;
    readonly answer: (x: number) => number;
  };
  /** Between two questions of the canary. */
  readonly canaryPauseMs: number;
  readonly onProgress?: (done: number) => void;
}

export interface FuzzReport {
  readonly inputs: number;
  readonly requests: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Connections that were closed with no answer to what had no clear end. */
  readonly closedUnanswered: number;
  readonly canaryRight: number;
  readonly faults: readonly string[];
  readonly durationMs: number;
}

/** More say nothing new. */
const FAULT_LIMIT = 20;
const SHOWN_BYTES = 600;
/** Inputs of a run have seeds of their own, so that one can be sent again alone. */
const SEED_STRIDE = 2_654_435_761;

export function inputAt(seed: number, index: number): FuzzInput {
  return restInput(createRandom((seed + Math.imul(index + 1, SEED_STRIDE)) >>> 0));
}

/** Sends `inputs` inputs over several connections while a canary asks good questions beside them. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const run = new FuzzRun(options);
  const startedMs = performance.now();
  const canary = run.askCanary();
  await Promise.all(Array.from({ length: options.connections }, () => run.send()));
  run.isDone = true;
  await canary;
  return { ...run.report(), durationMs: performance.now() - startedMs };
}

class FuzzRun {
  isDone = false;
  readonly #options: FuzzOptions;
  readonly #faults: string[] = [];
  readonly #statuses: Record<string, number> = {};
  #next = 0;
  #requests = 0;
  #closedUnanswered = 0;
  #canaryRight = 0;

  constructor(options: FuzzOptions) {
    this.#options = options;
  }

  report(): Omit<FuzzReport, 'durationMs'> {
    return {
      inputs: this.#next,
      requests: this.#requests,
      statuses: this.#statuses,
      closedUnanswered: this.#closedUnanswered,
      canaryRight: this.#canaryRight,
      faults: this.#faults,
    };
  }

  /** One connection, made anew whenever it is closed. */
  async send(): Promise<void> {
    const { host, port, inputs, seed, onProgress } = this.#options;
    let connection: FuzzConnection | null = null;
    while (this.#next < inputs && this.#faults.length < FAULT_LIMIT) {
      const index = this.#next++;
      if (this.#next % 1000 === 0) onProgress?.(this.#next);
      const input = inputAt(seed, index);
      try {
        if (!connection || connection.isClosed) connection = await FuzzConnection.open(host, port);
        await this.#sendOne(connection, input, index);
      } catch (error) {
        this.#fault(index, input, `the door does not take connections: ${String(error)}`);
      }
      if (!input.isFramed) connection = null;
    }
    connection?.destroy();
  }

  async #sendOne(connection: FuzzConnection, input: FuzzInput, index: number): Promise<void> {
    const reply = await connection.exchange(input.bytes, input.methods, !input.isFramed);
    this.#requests += input.methods.length;
    for (const { status } of reply.answers) this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (reply.answers.length === 0) this.#closedUnanswered++;
    const fault = faultOf(input, reply);
    if (reply.answers.at(-1)?.headers.get('connection') === 'close' || fault) connection.destroy();
    if (fault) {
      const said = reply.answers.map(({ status, body }) => `${status} ${body.toString('latin1', 0, 300)}`);
      this.#fault(index, input, `${fault}; it said ${JSON.stringify(said)}`);
    }
  }

  /** Good questions, one after the other on a connection of their own: each must be answered with its own values. */
  async askCanary(): Promise<void> {
    const { host, port, canary, canaryPauseMs } = this.#options;
    const connection = await FuzzConnection.open(host, port);
    for (let n = 1; !this.isDone && this.#faults.length < FAULT_LIMIT; n++) {
      const data = [n, n + 0.5, -n];
      const json = JSON.stringify({
        id: `canary ${n}`,
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data }],
      });
      const head = `POST /v2/models/${canary.model}/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${json.length}\r\n\r\n`;
      const { answers } = await connection.exchange(Buffer.from(head + json), ['POST'], false);
      const expected = JSON.stringify({ id: `canary ${n}`, values: data.map(canary.answer) });
      const answered = canaryAnswer(answers[0]?.body, canary.output);
      if (answered !== expected) this.#faults.push(`canary: expected ${expected}, got ${answered}`);
      else this.#canaryRight++;
      if (connection.isClosed) break;
      await new Promise((resolve) => setTimeout(resolve, canaryPauseMs));
    }
    if (connection.isClosed)
      this.#faults.push('canary: the connection of a client that did nothing wrong was closed');
    connection.destroy();
  }

  #fault(index: number, { bytes }: FuzzInput, text: string): void {
    const { seed } = this.#options;
    const sent = JSON.stringify(bytes.toString('latin1', 0, SHOWN_BYTES));
    this.#faults.push(`input ${index} of seed ${seed}: ${text}; it was sent ${sent}`);
  }
}

function canaryAnswer(body: Buffer | undefined, output: string): string {
  const text = body?.toString() ?? 'nothing';
  try {
    const { id, outputs } = JSON.parse(text) as { id: string; outputs: { name: string; data: number[] }[] };
    return JSON.stringify({ id, values: outputs.find(({ name }) => name === output)?.data });
  } catch {
    return text;
  }
}
