import type { FuzzAnswer, FuzzReply } from './fuzz-connection';
import type { FuzzInput } from './rest-input';

/** Names and values in an error are cut short; what is longer repeats the request. */
const ERROR_LIMIT_BYTES = 8192;

/** What is wrong with a reply; null: nothing. Whatever was sent, the door has to answer as the protocol says. */
export function faultOf(input: FuzzInput, { answers, ending, rest }: FuzzReply): string | null {
  if (ending === 'hung') return `no answer and no end after ${answers.length} answers`;
  for (const [i, answer] of answers.entries()) {
    const fault = answerFault(answer, input.methods[i] === 'HEAD');
    if (fault) return fault;
  }
  // What does not end where it seems to can be read as more requests, or as none.
  if (!input.isFramed) return null;
  if (answers.length > input.methods.length)
    return `${answers.length} answers to ${input.methods.length} requests`;
  if (ending === 'complete') return null;
  const last = answers.at(-1);
  if (!last) return 'the connection was closed without an answer';
  if (last.headers.get('connection') !== 'close') return 'the connection was closed without saying so';
  // Refused before its method was known, a HEAD request is answered with a body.
  const mayHaveBody =
    input.methods[answers.length - 1] === 'HEAD' &&
    rest.byteLength === Number(last.headers.get('content-length'));
  return rest.byteLength > 0 && !mayHaveBody ? 'an answer was cut off' : null;
}

function answerFault({ status, headers, body }: FuzzAnswer, isHead: boolean): string | null {
  const isRight =
    (status >= 200 && status < 300) || (status >= 400 && status < 500) || status === 501 || status === 503;
  if (!isRight) return `status ${status}`;
  if (status < 400 || isHead) return null;
  if (headers.get('content-type') !== 'application/json') return `error ${status} is not JSON`;
  if (headers.has('content-encoding')) return `error ${status} is compressed`;
  if (body.byteLength > ERROR_LIMIT_BYTES) return `error ${status} has ${body.byteLength} bytes`;
  return errorText(body) ? null : `error ${status} has no text`;
}

function errorText(body: Buffer): boolean {
  try {
    const { error } = JSON.parse(body.toString()) as { error?: unknown };
    return typeof error === 'string' && error !== '';
  } catch {
    return false;
  }
}
