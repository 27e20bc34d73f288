import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON; null when it is something else. */
  readonly json: unknown;
}

export interface JsonTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data?: readonly unknown[];
}

export interface InferAnswer extends HttpAnswer {
  readonly outputs: readonly JsonTensor[];
  /** Text of the error; empty when there is none. */
  readonly error: string;
}

/** A client of the data plane on sockets that are kept open. */
export class HttpClient {
  readonly #agent: Agent;

  constructor(
    readonly host: string,
    readonly port: number,
    maxSockets = Number.POSITIVE_INFINITY,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets });
  }

  /** Sends and reads whole. Rejects only when there is no answer. @param signal leaves, wherever the request is by then */
  send(
    method: string,
    path: string,
    body: string | Uint8Array | null = null,
    headers: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const bytes = body === null ? null : Buffer.from(body as Uint8Array);
      const length = bytes === null ? {} : { 'content-length': String(bytes.byteLength) };
      const options = { host: this.host, port: this.port, method, path, agent: this.#agent, signal };
      const outgoing = request({ ...options, headers: { ...length, ...headers } }, (incoming) =>
        readAnswer(incoming).then(resolve, reject),
      );
      outgoing.on('error', reject);
      outgoing.end(bytes ?? undefined);
    });
  }

  get(path: string): Promise<HttpAnswer> {
    return this.send('GET', path);
  }

  /** `body` may be the request as an object, or text as it is to be sent. */
  async infer(model: string, body: unknown, version: string | null = null): Promise<InferAnswer> {
    const path = `/v2/models/${model}${version === null ? '' : `/versions/${version}`}/infer`;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return asInferAnswer(await this.send('POST', path, text, { 'content-type': 'application/json' }));
  }

  /** One FP32 input `x` as binary, output `y` as binary. */
  async inferFloats(
    model: string,
    shape: readonly number[],
    values: Float32Array,
    signal?: AbortSignal,
  ): Promise<FloatsAnswer> {
    const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const json = Buffer.from(
      JSON.stringify({
        inputs: [{ name: 'x', datatype: 'FP32', shape, parameters: { binary_data_size: data.byteLength } }],
        outputs: [{ name: 'y', parameters: { binary_data: true } }],
      }),
    );
    const headers = {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.byteLength),
    };
    const path = `/v2/models/${model}/infer`;
    return asFloatsAnswer(await this.send('POST', path, Buffer.concat([json, data]), headers, signal));
  }

  close(): void {
    this.#agent.destroy();
  }
}

export interface FloatsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly values: Float32Array | null;
  readonly error: string;
}

function asFloatsAnswer(answer: HttpAnswer): FloatsAnswer {
  const { status, headers, body } = answer;
  if (status !== 200) return { status, headers, values: null, error: errorOf(answer) };
  const tail = body.subarray(Number(headers['inference-header-content-length']));
  return { status, headers, values: new Float32Array(new Uint8Array(tail).buffer), error: '' };
}

function asInferAnswer(answer: HttpAnswer): InferAnswer {
  const outputs = (answer.json as { outputs?: JsonTensor[] } | null)?.outputs ?? [];
  return { ...answer, outputs, error: errorOf(answer) };
}

function errorOf({ status, json }: HttpAnswer): string {
  if (status < 400) return '';
  return (json as { error?: string } | null)?.error ?? '';
}

async function readAnswer(incoming: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  let json: unknown = null;
  if (/^application\/json/.test(incoming.headers['content-type'] ?? '')) {
    try {
      json = JSON.parse(body.toString('utf8'));
    } catch {
      // Bare NaN and Infinity are no JSON; who sends them looks at the body.
    }
  }
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body, json };
}
