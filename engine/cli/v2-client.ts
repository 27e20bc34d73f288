import { z } from 'zod';
import { type Datatype, datatypeSchema } from '../contract';
import { CliError, EXIT, failure } from './cli-error';

const tensorSchema = z.object({
  name: z.string(),
  datatype: datatypeSchema,
  shape: z.array(z.coerce.number().int().min(-1)),
});
const serverSchema = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()).default([]),
});
const modelSchema = z.object({
  name: z.string(),
  versions: z.array(z.string()).default([]),
  platform: z.string().default(''),
  inputs: z.array(tensorSchema),
  outputs: z.array(tensorSchema),
});
const indexSchema = z.array(
  z.object({
    name: z.string(),
    version: z.coerce.string().default(''),
    state: z.string().default(''),
    reason: z.string().default(''),
  }),
);
const configSchema = z.record(z.string(), z.unknown());
const durationSchema = z
  .object({ count: z.coerce.number().default(0), ns: z.coerce.number().default(0) })
  .default({ count: 0, ns: 0 });
const statisticsSchema = z.object({
  model_stats: z.array(
    z.object({
      name: z.string(),
      version: z.coerce.string().default(''),
      last_inference: z.coerce.number().default(0),
      inference_count: z.coerce.number().default(0),
      execution_count: z.coerce.number().default(0),
      inference_stats: z.object({
        success: durationSchema,
        fail: durationSchema,
        queue: durationSchema,
        compute_input: durationSchema,
        compute_infer: durationSchema,
        compute_output: durationSchema,
      }),
      batch_stats: z
        .array(z.object({ batch_size: z.coerce.number(), compute_infer: durationSchema }))
        .default([]),
    }),
  ),
});

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}
export type ServerMetadata = z.infer<typeof serverSchema>;
export type ModelDescription = z.infer<typeof modelSchema>;
export type IndexEntry = z.infer<typeof indexSchema>[number];
export type ModelConfigJson = z.infer<typeof configSchema>;
export type ModelStats = z.infer<typeof statisticsSchema>['model_stats'][number];

export interface InferAnswerBody {
  readonly body: Uint8Array;
  /** Bytes of JSON before the binary tensors; null: all of it is JSON. */
  readonly headerLength: number | null;
}

/** The server answered, and the answer is an error. */
export class ServerRefusal extends CliError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(EXIT.failed, message);
  }

  /** It has no such endpoint, which is something else than having no such model. */
  get isUnsupported(): boolean {
    return (
      this.status === 501 || this.status === 405 || (this.status === 404 && /^Not Found/i.test(this.message))
    );
  }
}

/** A server that accepts the connection and says nothing does not answer. */
const PROBE_LIMIT_MS = 10_000;

/**
 * A client of the Open Inference Protocol over HTTP, for Ferry and any other server of it. Every method throws a CliError: no
 * engine reachable (3), or the server's own words (ServerRefusal, 1).
 */
export class V2Client {
  constructor(readonly url: string) {}

  async health(): Promise<{ readonly live: boolean; readonly ready: boolean }> {
    const live = await this.#status('/v2/health/live');
    const ready = await this.#status('/v2/health/ready');
    return { live: live === 200, ready: live === 200 && ready === 200 };
  }

  server(): Promise<ServerMetadata> {
    return this.#json('GET', '/v2', serverSchema);
  }

  model(name: string, version: string | null = null): Promise<ModelDescription> {
    return this.#json('GET', modelPath(name, version), modelSchema);
  }

  config(name: string, version: string | null = null): Promise<ModelConfigJson> {
    return this.#json('GET', `${modelPath(name, version)}/config`, configSchema);
  }

  /** @param name null: all models that are ready */
  async statistics(name: string | null, version: string | null = null): Promise<readonly ModelStats[]> {
    const path = name === null ? '/v2/models/stats' : `${modelPath(name, version)}/stats`;
    return (await this.#json('GET', path, statisticsSchema)).model_stats;
  }

  index(): Promise<readonly IndexEntry[]> {
    return this.#json('POST', '/v2/repository/index', indexSchema, '{}');
  }

  async load(name: string): Promise<void> {
    await this.#answered('POST', `/v2/repository/models/${encodeURIComponent(name)}/load`, '{}');
  }

  async unload(name: string): Promise<void> {
    await this.#answered('POST', `/v2/repository/models/${encodeURIComponent(name)}/unload`, '{}');
  }

  /** @param headerLength bytes of JSON before the binary tensors; null: all of it is JSON */
  async infer(
    name: string,
    version: string | null,
    body: Uint8Array,
    headerLength: number | null,
  ): Promise<InferAnswerBody> {
    const headers: Record<string, string> =
      headerLength === null
        ? { 'content-type': 'application/json' }
        : {
            'content-type': 'application/octet-stream',
            'inference-header-content-length': String(headerLength),
          };
    const answer = await this.#answered('POST', `${modelPath(name, version)}/infer`, body, headers);
    const length = answer.headers.get('inference-header-content-length');
    return {
      body: new Uint8Array(await this.#whole(answer)),
      headerLength: length === null ? null : Number(length),
    };
  }

  async #status(path: string): Promise<number> {
    const answer = await this.#fetch('GET', path, null, {}, AbortSignal.timeout(PROBE_LIMIT_MS));
    await this.#whole(answer);
    return answer.status;
  }

  async #json<T>(method: string, path: string, schema: z.ZodType<T>, body: string | null = null): Promise<T> {
    const answer = await this.#answered(method, path, body);
    const text = Buffer.from(await this.#whole(answer)).toString('utf8');
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw failure(
        `${this.url} does not answer as the Open Inference Protocol says: ${method} ${path} gave ${JSON.stringify(text.slice(0, 80))}`,
        error,
      );
    }
  }

  async #answered(
    method: string,
    path: string,
    body: string | Uint8Array | null = null,
    headers: Readonly<Record<string, string>> = body === null ? {} : { 'content-type': 'application/json' },
  ): Promise<Response> {
    const answer = await this.#fetch(method, path, body, headers);
    if (answer.ok) return answer;
    const text = Buffer.from(await this.#whole(answer)).toString('utf8');
    throw new ServerRefusal(answer.status, errorTextOf(text) ?? `HTTP ${answer.status} to ${method} ${path}`);
  }

  async #fetch(
    method: string,
    path: string,
    body: string | Uint8Array | null,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, { method, body, headers, signal });
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  async #whole(answer: Response): Promise<ArrayBuffer> {
    try {
      return await answer.arrayBuffer();
    } catch (error) {
      throw new CliError(EXIT.unreachable, `${this.url} broke its answer off: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  #unreachable(error: unknown): CliError {
    return new CliError(
      EXIT.unreachable,
      `no engine answers at ${this.url} (${reasonOf(error)}): start one with "npm start" or "ferry serve", or name another with --url`,
      { cause: error },
    );
  }
}

function modelPath(name: string, version: string | null): string {
  const model = `/v2/models/${encodeURIComponent(name)}`;
  return version === null ? model : `${model}/versions/${encodeURIComponent(version)}`;
}

function errorTextOf(text: string): string | null {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' && error !== '' ? error : null;
  } catch {
    return null;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name cannot be looked up',
  EHOSTUNREACH: 'no way to that host',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_SOCKET: 'the connection was closed',
};

/** What `fetch` hides in the causes of its error. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  const cause = error instanceof Error ? error.cause : null;
  const first = cause instanceof AggregateError ? (cause.errors[0] as Error | undefined) : cause;
  const code = (first as NodeJS.ErrnoException | null | undefined)?.code ?? '';
  return (
    REASONS[code] ??
    (first instanceof Error && first.message !== '' ? first.message : code || 'no connection')
  );
}
