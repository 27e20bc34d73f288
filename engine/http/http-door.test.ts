import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineError } from '../base';
import { ERROR_CODES, type ErrorCode } from '../contract';
import { binaryRequest, GOOD_JSON, INFER, type OpenDoor, openDoor } from './open-door.fixture';
import { ROUTES } from './routes';

vi.setConfig({ testTimeout: 60_000 });

let open: OpenDoor;
beforeEach(async () => {
  open = await openDoor();
});
afterEach(() => open.close());

const withoutDate = (text: string) => text.replace(/Date: [^\r]*\r\n/, '');

describe('health', () => {
  it('answers with small JSON bodies that KServe can read', async () => {
    expect(await open.send('GET', '/v2/health/live')).toMatchObject({ status: 200, json: { live: true } });
    expect(await open.send('GET', '/v2/health/ready')).toMatchObject({
      status: 200,
      json: { ready: true, live: true },
    });
    expect(await open.send('GET', '/v2/models/identity/ready')).toMatchObject({
      status: 200,
      json: { name: 'identity', ready: true },
    });
    expect(await open.send('GET', '/v2/models/identity/versions/1/ready')).toMatchObject({ status: 200 });
  });

  it('is 400 with an error text when not live or not ready', async () => {
    open.dataPlane.ready = false;
    open.dataPlane.live = false;
    for (const path of ['/v2/health/live', '/v2/health/ready', '/v2/models/identity/ready']) {
      const { status, json } = await open.send('GET', path);
      expect(status).toBe(400);
      expect(json?.error).toBeTypeOf('string');
    }
  });

  it('answers HEAD like GET, without a body', async () => {
    const { status, body, headers } = await open.send('HEAD', '/v2/health/live');
    expect({ status, length: body.byteLength, announced: headers['content-length'] }).toEqual({
      status: 200,
      length: 0,
      announced: '13',
    });
  });
});

describe('metadata', () => {
  it('of the server, with and without the slash, and with a query', async () => {
    for (const path of ['/v2', '/v2/', '/v2?a=b']) {
      expect(await open.send('GET', path)).toMatchObject({
        status: 200,
        json: { name: 'ferry', version: '1.0.0', extensions: ['binary_tensor_data'] },
      });
    }
  });

  it('of a model, by a name that is percent-encoded', async () => {
    const expected = {
      name: 'identity',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
    };
    expect((await open.send('GET', '/v2/models/%69dentity')).json).toMatchObject(expected);
    expect((await open.send('GET', '/v2/models/identity/versions/1')).json).toMatchObject(expected);
    expect((await open.send('GET', '/v2/models/a%20b%2Fc')).json?.error).toBe(
      "Request for unknown model: 'a b/c' is not found",
    );
  });
});

describe('infer', () => {
  it('answers JSON with JSON', async () => {
    const { status, headers, json } = await open.send('POST', INFER, { body: GOOD_JSON });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    expect(headers['inference-header-content-length']).toBeUndefined();
    expect(json).toEqual({
      id: '1',
      model_name: 'identity',
      model_version: '1',
      outputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2.5, -3] }],
    });
  });

  it.each([3, 512, 60_000])('answers %d binary values with the same bytes', async (count) => {
    const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i));
    const { status, headers, body } = await open.send(
      'POST',
      '/v2/models/identity/versions/1/infer',
      binaryRequest(values),
    );
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/octet-stream');
    const length = Number(headers['inference-header-content-length']);
    expect(JSON.parse(body.subarray(0, length).toString()).outputs[0].parameters.binary_data_size).toBe(
      values.byteLength,
    );
    expect(body.subarray(length)).toEqual(Buffer.from(values.buffer));
  });

  it('gives the memory of a body to another one only when its request has ended, also with clients that leave', async () => {
    const mixed: number[] = [];
    open.dataPlane.before = async ({ inputs }) => {
      const data = Buffer.from(inputs[0]?.data ?? []);
      const wanted = data.readFloatLE(0);
      // Others come, are answered and leave meanwhile.
      for (let turns = wanted % 7; turns > 0; turns--) await new Promise(setImmediate);
      const now = new Float32Array(new Uint8Array(inputs[0]?.data ?? []).buffer);
      if (now.some((value) => value !== wanted)) mixed.push(wanted);
    };
    const one = async (id: number) => {
      const request = binaryRequest(new Float32Array(8_000 + (id % 5) * 6_000).fill(id));
      if (id % 4 === 0) {
        const { socket } = await open.connect();
        const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
        const length = `Content-Length: ${request.body.byteLength}\r\n`;
        socket.write(`POST ${INFER} HTTP/1.1\r\nHost: localhost\r\n${length}${headers.join('')}\r\n`);
        socket.write(request.body.subarray(0, id % 8 === 0 ? 20_000 : undefined), () => socket.destroy());
        return;
      }
      const { status, headers, body } = await open.send('POST', INFER, request);
      const output = body.subarray(Number(headers['inference-header-content-length']));
      expect(status).toBe(200);
      expect(output.equals(request.body.subarray(-output.byteLength))).toBe(true);
    };
    for (let round = 0; round < 12; round++)
      await Promise.all(Array.from({ length: 16 }, (_, i) => one(1 + round * 16 + i)));
    expect(mixed).toEqual([]);
  });

  it('takes a body without JSON', async () => {
    const body = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
    const { status } = await open.send('POST', INFER, {
      body,
      headers: { 'Inference-Header-Content-Length': '0' },
    });
    expect(status).toBe(200);
    expect(open.dataPlane.served[0]?.inputs[0]).toMatchObject({ name: 'x', shape: [2, 3] });
  });

  it('takes a chunked body, however it is cut', async () => {
    const { socket, until } = await open.connect();
    const pieces = GOOD_JSON.match(/.{1,7}/gs) ?? [];
    socket.write(`POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for (const piece of pieces) socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    socket.write('0\r\n\r\n');
    expect(await until('-3.0]}]}')).toContain('200 OK');
    socket.destroy();
  });

  it('lets a client with Expect: 100-continue send its body, or refuses before it has to', async () => {
    const first = await open.connect();
    first.socket.write(
      `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: ${GOOD_JSON.length}\r\n\r\n`,
    );
    await first.until('100 Continue\r\n\r\n');
    first.socket.write(GOOD_JSON);
    expect(await first.until('-3.0]}]}')).toContain('200 OK');
    first.socket.destroy();
    const second = await open.connect();
    second.socket.write(
      `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n`,
    );
    const answer = await second.closed;
    expect(answer).toContain('413 Payload Too Large');
    expect(answer).not.toContain('100 Continue');
  });

  it('reads over the body of a request that is refused anyway, and goes on with the next', async () => {
    const { socket, until } = await open.connect();
    open.dataPlane.refusal = new EngineError('OVERLOADED', 'too much', { retryAfterSeconds: 3 });
    const length = 200_000;
    socket.write(`POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`);
    for (let sent = 0; sent < length; sent += 50_000) socket.write('x'.repeat(50_000));
    socket.write(
      `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    );
    socket.write('GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const text = await until('200 OK');
    expect(text.match(/503 Service Unavailable[\s\S]*?Retry-After: 3/g)).toHaveLength(2);
    expect(open.dataPlane.served).toHaveLength(0);
    open.dataPlane.refusal = null;
    socket.write(
      `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${GOOD_JSON.length}\r\n\r\n${GOOD_JSON}`,
    );
    await until('-3.0]}]}');
    socket.destroy();
  });

  it('refuses a client with Expect: 100-continue before it sends, and a body that is too large as such', async () => {
    open.dataPlane.refusal = new EngineError('OVERLOADED', 'too much');
    const first = await open.connect();
    first.socket.write(
      `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n`,
    );
    const answer = await first.closed;
    expect(answer).toContain('503 Service Unavailable');
    expect(answer).not.toContain('100 Continue');
    const second = await open.connect();
    second.socket.write(`POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n`);
    expect(await second.closed).toContain('413 Payload Too Large');
  });

  it('refuses other expectations', async () => {
    expect(await open.send('GET', '/v2', { headers: { Expect: 'miracles' } })).toMatchObject({ status: 400 });
  });
});

/** A bad request, and what it must be answered with. */
const BAD_REQUESTS: readonly [
  what: string,
  status: number,
  code: ErrorCode,
  method: string,
  path: string,
  body?: string,
  headers?: Record<string, string>,
][] = [
  ['an unknown model', 400, 'MODEL_UNKNOWN', 'POST', '/v2/models/nope/infer', GOOD_JSON],
  ['an unknown version', 404, 'VERSION_NOT_FOUND', 'POST', '/v2/models/identity/versions/9/infer', GOOD_JSON],
  [
    'a version that is no number',
    404,
    'NOT_FOUND',
    'POST',
    '/v2/models/identity/versions/x/infer',
    GOOD_JSON,
  ],
  ['an unknown path', 404, 'NOT_FOUND', 'GET', '/v3'],
  ['a path with a broken escape', 404, 'NOT_FOUND', 'GET', '/v2/models/%zz/ready'],
  ['the wrong verb', 405, 'METHOD_NOT_ALLOWED', 'GET', INFER],
  ['a verb that nothing takes', 405, 'METHOD_NOT_ALLOWED', 'PATCH', '/v2'],
  ['malformed JSON', 400, 'INVALID_ARGUMENT', 'POST', INFER, '{"inputs":[{]'],
  ['no body', 400, 'INVALID_ARGUMENT', 'POST', INFER],
  ['nesting 10,000 deep', 400, 'INVALID_ARGUMENT', 'POST', INFER, `{"inputs":${'['.repeat(10_000)}`],
  [
    'NaN as an integer',
    400,
    'INVALID_ARGUMENT',
    'POST',
    INFER,
    GOOD_JSON.replace('FP32', 'INT32').replace('2.5', 'NaN'),
  ],
  ['too few values', 400, 'INVALID_ARGUMENT', 'POST', INFER, GOOD_JSON.replace('2.5,', '')],
  ['an unknown datatype', 400, 'INVALID_ARGUMENT', 'POST', INFER, GOOD_JSON.replace('FP32', 'FP31')],
  [
    'a header length beyond the body',
    400,
    'INVALID_ARGUMENT',
    'POST',
    INFER,
    GOOD_JSON,
    { 'Inference-Header-Content-Length': '9999' },
  ],
  [
    'a header length that is no number',
    400,
    'INVALID_ARGUMENT',
    'POST',
    INFER,
    GOOD_JSON,
    { 'Inference-Header-Content-Length': '-1' },
  ],
  [
    'bytes after the JSON that nothing names',
    400,
    'INVALID_ARGUMENT',
    'POST',
    INFER,
    `${GOOD_JSON}zzzz`,
    { 'Inference-Header-Content-Length': String(GOOD_JSON.length) },
  ],
  [
    'a raw body of the wrong size',
    400,
    'INVALID_ARGUMENT',
    'POST',
    INFER,
    'abcde',
    { 'Inference-Header-Content-Length': '0' },
  ],
  ['a body over the limit', 413, 'PAYLOAD_TOO_LARGE', 'POST', INFER, ' '.repeat(1024 * 1024 + 1)],
  ['an unknown coding', 501, 'UNSUPPORTED', 'POST', INFER, GOOD_JSON, { 'Content-Encoding': 'br' }],
  [
    'shared memory',
    501,
    'UNSUPPORTED',
    'POST',
    INFER,
    GOOD_JSON.replace('"data":[1,2.5,-3]', '"parameters":{"shared_memory_region":"r"}'),
  ],
  ['a Host that is not ours', 403, 'FORBIDDEN', 'GET', '/v2', undefined, { Host: 'attacker.example:8000' }],
  ['a malformed Host', 400, 'INVALID_ARGUMENT', 'GET', '/v2', undefined, { Host: 'a b' }],
  ['a foreign Origin', 403, 'FORBIDDEN', 'POST', INFER, GOOD_JSON, { Origin: 'https://attacker.example' }],
  ['the Origin of a sandboxed page', 403, 'FORBIDDEN', 'GET', '/v2', undefined, { Origin: 'null' }],
];

describe('a bad request', () => {
  it.each(BAD_REQUESTS)(
    'with %s is answered %d %s, in JSON',
    async (_, status, code, method, path, body, headers) => {
      const answer = await open.send(method, path, {
        ...(body === undefined ? {} : { body }),
        ...(headers ? { headers } : {}),
      });
      expect(answer.status).toBe(status);
      expect(answer.status).toBe(ERROR_CODES[code].httpStatus);
      expect(answer.headers['ferry-error-code']).toBe(code);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.json?.error).toBeTypeOf('string');
      expect(await open.send('POST', INFER, { body: GOOD_JSON })).toMatchObject({ status: 200 });
    },
  );

  it('with a wrong verb is told the right ones', async () => {
    expect((await open.send('GET', INFER)).headers.allow).toBe('POST');
    expect((await open.send('DELETE', '/v2')).headers.allow).toBe('GET, HEAD');
  });

  it('that is chunked and too large is refused as soon as the limit is passed, and can still read why', async () => {
    const { socket, until } = await open.connect();
    socket.write(`POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const piece = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    for (let i = 0; i < 40; i++) socket.write(piece);
    expect(await until('max-request-bytes')).toContain('413 Payload Too Large');
    socket.destroy();
  });

  it('in more than 65,536 chunks is refused', async () => {
    const { socket, until } = await open.connect();
    socket.write(`POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`);
    socket.write('1\r\n \r\n'.repeat(65_537));
    expect(await until('65536 chunks')).toContain('413 Payload Too Large');
    socket.destroy();
  });

  it.each([
    ['that is not HTTP', 'SSH-2.0-x\r\n\r\n', '400 Bad Request', 'INVALID_ARGUMENT'],
    [
      'with headers beyond 16 KiB',
      `GET /v2 HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
      'HEADERS_TOO_LARGE',
    ],
    [
      'with a chunk that is not one',
      `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      '400 Bad Request',
      'INVALID_ARGUMENT',
    ],
    [
      'with two lengths',
      `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      '400 Bad Request',
      'INVALID_ARGUMENT',
    ],
    ['without a Host', 'GET /v2 HTTP/1.1\r\n\r\n', '400 Bad Request', 'INVALID_ARGUMENT'],
  ])('%s is told so in JSON', async (_, bytes, status, code) => {
    const { socket, until } = await open.connect();
    socket.write(bytes);
    const answer = await until('"}');
    expect(answer).toContain(status);
    expect(answer).toContain(`ferry-error-code: ${code}`);
    expect(answer).toContain('{"error":"');
    socket.destroy();
  });
});

describe('an error of the engine', () => {
  it.each([
    [new EngineError('QUEUE_FULL', 'the queue is full', { retryAfterSeconds: 2 }), 503, '2'],
    [new EngineError('MODEL_NOT_READY', 'loading'), 503, undefined],
    [new EngineError('INSTANCE_LOST', 'the instance died', { retryAfterSeconds: 1 }), 503, '1'],
    [new EngineError('DEADLINE_EXCEEDED', 'waited too long'), 503, undefined],
    [new EngineError('BACKEND_FAILED', 'the model failed'), 500, undefined],
    [new EngineError('INVALID_ARGUMENT', 'a wrong shape'), 400, undefined],
  ])('%s keeps its text and gets its status', async (error, status, retryAfter) => {
    open.dataPlane.before = () => Promise.reject(error);
    const answer = await open.send('POST', INFER, { body: GOOD_JSON });
    expect(answer.json).toEqual({ error: error.message });
    expect(answer.status).toBe(status);
    expect(answer.headers['retry-after']).toBe(retryAfter);
  });

  it('that is a fault of ours tells the caller an id, and the log the rest', async () => {
    open.dataPlane.before = () => {
      throw new TypeError('secret detail');
    };
    const { status, json } = await open.send('POST', INFER, { body: GOOD_JSON });
    expect(status).toBe(500);
    const id = /details under (\w+)/.exec(String(json?.error))?.[1];
    expect(String(json?.error)).not.toContain('secret');
    expect(open.log.find((entry) => entry.fields.id === id)).toMatchObject({
      level: 'error',
      scope: 'engine',
    });
    expect(open.log.some((entry) => entry.message.includes('secret detail'))).toBe(true);
  });
});

describe('the gate', () => {
  it.each(ROUTES.map(({ method, path }) => [method, path] as const))(
    'stands before %s %s',
    async (method, path) => {
      const real = path.replace(':model', 'identity').replace(/:version\([^)]*\)/, '1');
      for (const name of ['Host', 'Origin']) {
        expect(
          await open.send(method, real, {
            headers: { [name]: 'http://attacker.example'.slice(name === 'Host' ? 7 : 0) },
          }),
        ).toMatchObject({ status: 403 });
      }
      expect((await open.send(method, real)).status).not.toBe(403);
    },
  );

  it('stands before paths that do not exist, too', async () => {
    expect(await open.send('GET', '/nothing', { headers: { Host: 'attacker.example' } })).toMatchObject({
      status: 403,
    });
  });

  it.each(['localhost', 'localhost:1', 'LOCALHOST', '127.0.0.1', '127.1.2.3:9', '[::1]:8000'])(
    'lets pass the Host %s',
    async (host) => {
      expect(await open.send('GET', '/v2', { headers: { Host: host } })).toMatchObject({ status: 200 });
    },
  );

  it.each([
    '127.0.0.1.attacker.example',
    'localhost.attacker.example',
    '[::1',
    'a:b',
    '128.0.0.1',
    '0.0.0.0',
    'localhost@attacker.example',
  ])('keeps out the Host %s', async (host) => {
    expect((await open.send('GET', '/v2', { headers: { Host: host } })).status).toBeGreaterThanOrEqual(400);
  });

  it('lets pass a page of its own origin', async () => {
    const host = `127.0.0.1:${open.port}`;
    expect(
      await open.send('GET', '/v2', { headers: { Host: host, Origin: `http://${host}` } }),
    ).toMatchObject({ status: 200 });
    expect(
      await open.send('GET', '/v2', { headers: { Host: host, Origin: `http://127.0.0.1:${open.port + 1}` } }),
    ).toMatchObject({ status: 403 });
  });

  it('lets pass names that are allowed, and on all interfaces the address that was called', async () => {
    const wide = await openDoor({ host: '0.0.0.0', allowNetwork: true, allowedHosts: ['Box.example'] });
    expect(await wide.send('GET', '/v2', { headers: { Host: 'box.example:8000' } })).toMatchObject({
      status: 200,
    });
    expect(await wide.send('GET', '/v2', { headers: { Host: 'other.example:8000' } })).toMatchObject({
      status: 403,
    });
    expect(await wide.send('GET', '/v2')).toMatchObject({ status: 200 });
    await wide.close();
  });
});

describe('opening', () => {
  it('says which port is taken and what to do', async () => {
    await expect(openDoor({ port: open.port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(new RegExp(`port ${open.port} .*--port N`)),
    });
  });

  it('refuses an address that others can reach unless that is allowed', async () => {
    await expect(openDoor({ host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('--allow-network'),
    });
  });

  it('refuses an address that is not of this machine', async () => {
    await expect(openDoor({ host: '192.0.2.1', allowNetwork: true })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});

it('answers requests on one connection in their order, whichever is done first', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  open.dataPlane.before = ({ id }) => (id === '1' ? held : undefined);
  const { socket, until } = await open.connect();
  const one = (id: string) => {
    const body = GOOD_JSON.replace('"1"', `"${id}"`);
    return `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
  socket.write(`${one('1') + one('2')}GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  while (open.dataPlane.served.length < 2) await new Promise(setImmediate);
  release();
  const answers = withoutDate(await until('{"live":true}'));
  expect([...answers.matchAll(/"id":"(\d)"/g)].map((match) => match[1])).toEqual(['1', '2']);
  socket.destroy();
});
