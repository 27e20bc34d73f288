/**
 * The one table of errors. Everything that goes wrong in the engine has one of these codes, and a code is all
 * that a door needs to answer: the HTTP and gRPC statuses stand here and nowhere else.
 */
export interface ErrorCodeRow {
  /** HTTP status the data plane answers with. */
  readonly httpStatus: number;
  /** gRPC status number the data plane answers with. */
  readonly grpcStatus: number;
  /** True when the same request may succeed later without change. */
  readonly retryable: boolean;
  readonly meaning: string;
}

const row = (httpStatus: number, grpcStatus: number, retryable: boolean, meaning: string): ErrorCodeRow => ({
  httpStatus,
  grpcStatus,
  retryable,
  meaning,
});

export const ERROR_CODES = {
  INVALID_ARGUMENT: row(
    400,
    3,
    false,
    'The request or the setting is wrong; the message names the field, the value and the limit.',
  ),
  MODEL_UNKNOWN: row(400, 3, false, 'No model of that name is in the repository.'),
  VERSION_NOT_FOUND: row(404, 5, false, 'The model is known, but it has no such version.'),
  NOT_FOUND: row(404, 5, false, 'What was asked for does not exist.'),
  METHOD_NOT_ALLOWED: row(405, 12, false, 'The path exists, but not with this HTTP method.'),
  ALREADY_EXISTS: row(409, 6, false, 'Something of that name is there already.'),
  PAYLOAD_TOO_LARGE: row(413, 8, false, 'The body is larger than this server accepts.'),
  HEADERS_TOO_LARGE: row(431, 8, false, 'The headers are larger than this server accepts.'),
  FORBIDDEN: row(
    403,
    7,
    false,
    'The caller is not allowed: wrong Host, foreign Origin, or a missing or wrong token.',
  ),
  REQUEST_TIMEOUT: row(408, 4, true, 'The client did not send its whole request in time.'),
  CANCELLED: row(499, 1, false, 'The caller went away or cancelled before an answer was ready.'),
  CALL_EXPIRED: row(
    504,
    4,
    false,
    'The deadline that the caller gave its own call passed before an answer was ready.',
  ),
  DEADLINE_EXCEEDED: row(503, 14, true, 'The request waited in the queue for longer than it was allowed to.'),
  QUEUE_FULL: row(503, 14, true, 'The queue of the model is full; the request was refused at once.'),
  OVERLOADED: row(
    503,
    8,
    true,
    'The request could not have been answered within the SLO of the model; it was refused at once.',
  ),
  MODEL_NOT_READY: row(503, 14, true, 'The model is known but not ready: loading, unloading or failed.'),
  MEMORY_EXCEEDED: row(
    503,
    8,
    true,
    'The model does not fit into the memory budget of its device; the message has the arithmetic.',
  ),
  CONTROL_REFUSED: row(
    503,
    14,
    false,
    'Loading and unloading by request is not allowed in this model control mode.',
  ),
  INSTANCE_LOST: row(503, 14, true, 'The instance that ran the batch died; it is being replaced.'),
  DEVICE_LOST: row(
    503,
    14,
    true,
    'The device that ran the batch is gone or no longer works; the model goes on elsewhere or becomes unavailable.',
  ),
  OUT_OF_MEMORY: row(
    503,
    8,
    true,
    'The run did not fit into the memory of its device, though the batch was halved down to this one request.',
  ),
  SHUTTING_DOWN: row(503, 14, true, 'The engine is stopping and takes no new requests.'),
  MODEL_INVALID: row(
    400,
    3,
    false,
    'The model file or its configuration cannot be served; the message says why.',
  ),
  UNSUPPORTED: row(
    501,
    12,
    false,
    'A part of the protocol or a model feature that this engine does not have.',
  ),
  PORT_IN_USE: row(500, 13, false, 'A port that a door wants is taken by another process.'),
  BACKEND_FAILED: row(500, 13, false, 'The model ran and failed.'),
  INTERNAL: row(500, 13, false, 'A fault in the engine itself.'),
} as const satisfies Record<string, ErrorCodeRow>;

export type ErrorCode = keyof typeof ERROR_CODES;
