import type { Random } from '../random';

/** A good request of the REST door, before it is spoilt. */
export interface RestMessage {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Undefined: no body. */
  readonly json?: unknown;
  /** Bytes after the JSON. */
  readonly tail?: Buffer;
  /** The whole body without JSON. */
  readonly raw?: Buffer;
}

const GETS: readonly string[] = [
  '/v2',
  '/v2/',
  '/v2/health/live',
  '/v2/health/ready',
  '/v2/models/plus',
  '/v2/models/plus/versions/1',
  '/v2/models/plus/ready',
  '/v2/models/plus/config',
  '/v2/models/plus/stats',
  '/v2/models/stats',
  '/v2/trace/setting',
  '/v2/models/plus/trace/setting',
  '/v2/logging',
  '/v2/systemsharedmemory/status',
  '/v2/cudasharedmemory/region/r/status',
];

/**
 * Any good message. Models: `plus` (x FP32 [batch, 3] to y), `pair` (a, b INT64 [batch, 2]), `text` (BYTES). What is loaded and
 * unloaded is `victim`, which nothing else uses.
 */
export function restMessage(random: Random): RestMessage {
  const kind = random.below(100);
  if (kind < 45) return jsonInference(random);
  if (kind < 70) return binaryInference(random);
  if (kind < 74)
    return { method: 'POST', path: inferPath('plus', random), raw: bytes(random, 4 * random.below(13)) };
  if (kind < 88) return { method: 'GET', path: random.pick(GETS) };
  return controlMessage(random);
}

function jsonInference(random: Random): RestMessage {
  const rows = 1 + random.below(3);
  const [model, inputs] = random.pick<readonly [string, readonly unknown[]]>([
    ['plus', [tensor('x', 'FP32', [rows, 3], (i) => i + 0.5)]],
    ['pair', [tensor('a', 'INT64', [rows, 2], (i) => i), tensor('b', 'INT64', [rows, 2], (i) => -i)]],
    ['text', [tensor('x', 'BYTES', [rows, 1], (i) => `text ${i}`)]],
  ]);
  return { method: 'POST', path: inferPath(model, random), json: { ...around(random), inputs } };
}

function binaryInference(random: Random): RestMessage {
  const rows = 1 + random.below(3);
  const [model, datatype, shape, length] = random.pick<readonly [string, string, number[], number]>([
    ['plus', 'FP32', [rows, 3], rows * 12],
    ['text', 'BYTES', [1, 1], 12],
  ]);
  const tail = bytes(random, length);
  if (datatype === 'BYTES') tail.writeUInt32LE(8, 0);
  const input = { name: 'x', datatype, shape, parameters: { binary_data_size: length } };
  return {
    method: 'POST',
    path: inferPath(model, random),
    json: { ...around(random), inputs: [input] },
    tail,
  };
}

/** What can stand around the inputs. */
function around(random: Random): Readonly<Record<string, unknown>> {
  const outputs = [
    { name: 'y', parameters: { binary_data: random.below(2) === 0, classification: random.below(3) } },
  ];
  return {
    id: `id-${random.below(1e9)}`,
    parameters: { binary_data_output: random.below(2) === 0, timeout: 1000, priority: 1, own: 'x' },
    ...(random.below(3) === 0 ? { outputs } : {}),
  };
}

function controlMessage(random: Random): RestMessage {
  const [path, json] = random.pick<readonly [string, unknown]>([
    ['/v2/repository/index', { ready: true }],
    ['/v2/repository/models/nope/load', { parameters: { config: '{}', 'file:1/model.onnx': 'AAEC' } }],
    ['/v2/repository/models/nope/unload', { parameters: { unload_dependents: true } }],
    ['/v2/repository/other/models/nope/load', {}],
    ['/v2/trace/setting', { trace_level: ['OFF'], trace_rate: '1000', trace_count: '-1' }],
    ['/v2/models/plus/trace/setting', { trace_level: ['TIMESTAMPS'], trace_rate: 500, log_frequency: null }],
    ['/v2/logging', { log_info: true, log_verbose_level: 0, log_format: 'default' }],
    ['/v2/systemsharedmemory/region/r/register', { key: '/r', offset: 0, byte_size: 64 }],
    ['/v2/cudasharedmemory/region/r/register', { raw_handle: { b64: 'AAEC' }, device_id: 0, byte_size: 64 }],
    ['/v2/systemsharedmemory/unregister', undefined],
  ]);
  // Loading costs a session: seldom enough for all else to go on at full speed.
  if (random.below(200) === 0)
    return {
      method: 'POST',
      path: `/v2/repository/models/victim/${random.pick(['load', 'unload'])}`,
      json: {},
    };
  return { method: 'POST', path, json };
}

function inferPath(model: string, random: Random): string {
  return `/v2/models/${model}${random.below(4) === 0 ? '/versions/1' : ''}/infer`;
}

function tensor(name: string, datatype: string, shape: readonly number[], element: (i: number) => unknown) {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return { name, datatype, shape, data: Array.from({ length: count }, (_, i) => element(i)) };
}

export function bytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}
