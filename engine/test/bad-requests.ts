import type { ErrorCode } from '../contract';
import type { HttpAnswer, HttpClient } from './http-client';

/** Largest request body of the engine that these are sent to. */
export const BODY_LIMIT_BYTES = 256 * 1024;

/** A request that must be refused, and how. Models: `plus` (x FP32 [batch, 3]), `pair` (a, b INT64 [batch, 2]), `text`. */
export interface BadRequest {
  readonly title: string;
  readonly send: (http: HttpClient) => Promise<HttpAnswer>;
  readonly code: ErrorCode;
  /** What the message has to say: field, value, limit. */
  readonly says: RegExp;
}

type Json = Readonly<Record<string, unknown>>;

const x = (more: Json = {}): Json => ({
  name: 'x',
  datatype: 'FP32',
  shape: [1, 3],
  data: [1, 2, 3],
  ...more,
});
const pairInput = (name: string, more: Json = {}): Json => ({
  name,
  datatype: 'INT64',
  shape: [1, 2],
  data: [1, 2],
  ...more,
});
const infer = (title: string, body: unknown, code: ErrorCode, says: RegExp, model = 'plus'): BadRequest => ({
  title,
  send: (http) => http.infer(model, body),
  code,
  says,
});
const badInput = (title: string, more: Json, says: RegExp): BadRequest =>
  infer(title, { inputs: [x(more)] }, 'INVALID_ARGUMENT', says);
const badText = (title: string, text: string, says: RegExp): BadRequest =>
  infer(title, text, 'INVALID_ARGUMENT', says);
const binary = (
  title: string,
  sizes: { stated: number; sent: number },
  says: RegExp,
  more: Json = {},
): BadRequest => ({
  title,
  send: (http) => {
    const input = {
      name: 'x',
      datatype: 'FP32',
      shape: [1, 3],
      ...more,
      parameters: { binary_data_size: sizes.stated },
    };
    const json = Buffer.from(JSON.stringify({ inputs: [input] }));
    return http.send('POST', '/v2/models/plus/infer', Buffer.concat([json, Buffer.alloc(sizes.sent)]), {
      'inference-header-content-length': String(json.byteLength),
    });
  },
  code: 'INVALID_ARGUMENT',
  says,
});
const withHeaders = (
  title: string,
  headers: Record<string, string>,
  code: ErrorCode,
  says: RegExp,
): BadRequest => ({
  title,
  send: (http) => http.send('POST', '/v2/models/plus/infer', JSON.stringify({ inputs: [x()] }), headers),
  code,
  says,
});
const at = (title: string, method: string, path: string, code: ErrorCode, says: RegExp): BadRequest => ({
  title,
  send: (http) => http.send(method, path, method === 'POST' ? JSON.stringify({ inputs: [x()] }) : null),
  code,
  says,
});

const nested = (depth: number, inner: string): string => '['.repeat(depth) + inner + ']'.repeat(depth);

export const BAD_REQUESTS: readonly BadRequest[] = [
  // Names
  infer('an unknown model', { inputs: [x()] }, 'MODEL_UNKNOWN', /unknown model: 'nope'/, 'nope'),
  at(
    'an unknown version',
    'POST',
    '/v2/models/plus/versions/9/infer',
    'VERSION_NOT_FOUND',
    /"plus".*version 9.*on disk: 1/,
  ),
  at(
    'a path for a name',
    'POST',
    '/v2/models/..%2F..%2Fetc%2Fpasswd/infer',
    'MODEL_UNKNOWN',
    /\.\.\/\.\.\/etc\/passwd/,
  ),
  at('a name of the object prototype', 'POST', '/v2/models/__proto__/infer', 'MODEL_UNKNOWN', /__proto__/),
  at('a path that is none', 'GET', '/v3/models', 'NOT_FOUND', /\/v3\/models/),
  at(
    'a method that is not for that path',
    'GET',
    '/v2/models/plus/infer',
    'METHOD_NOT_ALLOWED',
    /GET.*POST|POST.*GET/s,
  ),
  // Inputs against the model
  badInput('a wrong shape', { shape: [1, 4], data: [1, 2, 3, 4] }, /"x".*\[1, ?4\].*\[batch, 3\]/),
  badInput('a wrong rank', { shape: [3] }, /"x".*\[3\].*\[batch, 3\]/),
  badInput('a wrong datatype', { datatype: 'INT32' }, /"x".*INT32.*FP32/),
  badInput('too many rows', { shape: [17, 3], data: new Array(51).fill(0) }, /17.*max_batch_size is 16/),
  badInput('no rows', { shape: [0, 3], data: [] }, /dimension is 0.*at least one row/),
  infer(
    'a missing input',
    { inputs: [pairInput('a')] },
    'INVALID_ARGUMENT',
    /missing input "b".*1 of 2/,
    'pair',
  ),
  infer(
    'an input too many',
    { inputs: [x(), x({ name: 'z' })] },
    'INVALID_ARGUMENT',
    /unexpected input "z".*takes "x"/,
  ),
  infer('an input twice', { inputs: [x(), x()] }, 'INVALID_ARGUMENT', /"x".*twice/),
  infer(
    'inputs of different batch sizes',
    { inputs: [pairInput('a'), pairInput('b', { shape: [2, 2], data: [1, 2, 3, 4] })] },
    'INVALID_ARGUMENT',
    /"b".*batch dimension is 2.* 1;/,
    'pair',
  ),
  infer('no inputs', { inputs: [] }, 'INVALID_ARGUMENT', /missing input "x"/),
  infer('no field "inputs"', { id: '1' }, 'INVALID_ARGUMENT', /"inputs"/),
  infer(
    'an unknown output',
    { inputs: [x()], outputs: [{ name: 'q' }] },
    'INVALID_ARGUMENT',
    /output "q".*has "y"/,
  ),
  // Inputs in themselves
  badInput('an unknown datatype', { datatype: 'FP99' }, /"x".*"FP99".*FP32/),
  badInput('no datatype', { datatype: undefined }, /"x".*"datatype" is missing/),
  badInput('no shape', { shape: undefined }, /"x".*"shape" is missing/),
  badInput('no data', { data: undefined }, /"x".*neither "data" nor/),
  badInput('a negative dimension', { shape: [-1, 3] }, /"x".*-1.*at least 0/),
  badInput('a broken dimension', { shape: [1.5, 3] }, /"x".*1\.5.*whole number/),
  badInput('a shape beyond all memory', { shape: [1e15, 3] }, /"x".*needs|"x".*more elements/),
  badInput('too few elements', { data: [1, 2] }, /"x".*needs 3.*2/),
  badInput('too many elements', { data: [1, 2, 3, 4] }, /"x".*room for 3/),
  badInput('a text for a number', { data: [1, 'two', 3] }, /"x".*element 1/),
  badInput('a number that does not fit', { data: [1, 1e39, 3] }, /"x".*element 1.*1e\+?39.*3\.4/),
  badInput(
    'ragged data',
    {
      shape: [2, 3],
      data: [
        [1, 2, 3, 4],
        [5, 6],
      ],
    },
    /"x".*ragged|"x".*room/,
  ),
  infer(
    'a fraction for a whole number',
    { inputs: [pairInput('a', { data: [1.5, 2] }), pairInput('b')] },
    'INVALID_ARGUMENT',
    /"a".*element 0.*1\.5.*INT64/,
    'pair',
  ),
  infer(
    'a whole number beyond 64 bits',
    '{"inputs":[{"name":"a","datatype":"INT64","shape":[1,2],"data":[9223372036854775808,2]}]}',
    'INVALID_ARGUMENT',
    /"a".*9223372036854775808.*9223372036854775807/,
    'pair',
  ),
  // Binary tensors
  binary('fewer bytes than the shape needs', { stated: 8, sent: 8 }, /"x".*needs 12 bytes, 8/),
  binary('more bytes than the shape needs', { stated: 16, sent: 16 }, /"x".*needs 12 bytes, 16/),
  binary('a binary size beyond the body', { stated: 12, sent: 4 }, /"x".*binary_data_size is 12.*4/),
  binary('bytes that nobody owns', { stated: 12, sent: 20 }, /20 bytes.*12/),
  withHeaders(
    'a JSON length that is no number',
    { 'inference-header-content-length': 'many' },
    'INVALID_ARGUMENT',
    /Inference-Header-Content-Length.*many/i,
  ),
  withHeaders(
    'a JSON length beyond the body',
    { 'inference-header-content-length': '99999' },
    'INVALID_ARGUMENT',
    /Inference-Header-Content-Length.*99999/i,
  ),
  // JSON
  badText('an empty body', '', /JSON|empty/i),
  badText('a body that is no JSON', 'hello', /JSON|expected|found|object/i),
  badText('a body that breaks off', '{"inputs":[{"name":"x"', /end|breaks|JSON|expected/i),
  badText('a comma too many', '{"inputs":[],}', /byte \d+|position|offset|column/i),
  badText('two values', '{"inputs":[]} {}', /byte \d+|position|offset|column|after/i),
  badText('no object', '[1]', /object/i),
  badText(
    'nesting 10,000 deep in a field nobody knows',
    `{"extra":${nested(10_000, '1')}}`,
    /deep|nest|levels/i,
  ),
  badText(
    'nesting 10,000 deep in the data',
    `{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":${nested(10_000, '1,2,3')}}]}`,
    /deep|nest|levels/i,
  ),
  badText(
    'NaN for a dimension',
    '{"inputs":[{"name":"x","datatype":"FP32","shape":[NaN,3],"data":[1,2,3]}]}',
    /NaN|number|dimension/,
  ),
  badText('NaN for a parameter', '{"parameters":{"timeout":NaN},"inputs":[]}', /timeout|NaN|byte \d+/),
  badText(
    'NaN for a whole number',
    '{"inputs":[{"name":"a","datatype":"INT64","shape":[1,2],"data":[NaN,2]}]}',
    /"a".*element 0/,
  ),
  // The door
  withHeaders('a wrong Host', { host: 'evil.example' }, 'FORBIDDEN', /evil\.example/),
  withHeaders('a foreign Origin', { origin: 'https://evil.example' }, 'FORBIDDEN', /evil\.example/),
  {
    title: 'a body over the limit',
    send: (http) => http.send('POST', '/v2/models/plus/infer', Buffer.alloc(BODY_LIMIT_BYTES + 1, 32)),
    code: 'PAYLOAD_TOO_LARGE',
    says: new RegExp(`${BODY_LIMIT_BYTES + 1}.*${BODY_LIMIT_BYTES}`),
  },
];
