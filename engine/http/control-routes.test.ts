import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenDoor, openDoor } from './open-door.fixture';

let open: OpenDoor;
beforeEach(async () => {
  open = await openDoor();
});
afterEach(() => open.close());

const post = (path: string, body: unknown = '') =>
  open.send('POST', path, { body: typeof body === 'string' ? body : JSON.stringify(body) });

describe('a model', () => {
  it('says its configuration, of a version too', async () => {
    for (const path of ['/v2/models/identity/config', '/v2/models/identity/versions/1/config']) {
      expect(await open.send('GET', path)).toMatchObject({
        status: 200,
        json: { name: 'identity', max_batch_size: 8, input: [{ data_type: 'TYPE_FP32' }] },
      });
    }
    expect((await open.send('GET', '/v2/models/nope/config')).status).toBe(400);
    expect((await open.send('GET', '/v2/models/identity/versions/2/config')).status).toBe(404);
  });

  it('says its statistics, alone, of a version, and among all', async () => {
    const expected = { status: 200, json: { model_stats: [{ name: 'identity', inference_count: 0 }] } };
    for (const path of ['identity/stats', 'identity/versions/1/stats', 'stats'])
      expect(await open.send('GET', `/v2/models/${path}`)).toMatchObject(expected);
    expect((await open.send('GET', '/v2/models/nope/stats')).status).toBe(400);
  });
});

describe('the repository', () => {
  it('has an index, whole or of what is ready', async () => {
    const names = async (body: unknown) => {
      const { body: answer } = await post('/v2/repository/index', body);
      return (JSON.parse(answer.toString()) as { name: string }[]).map(({ name }) => name);
    };
    expect(await names('')).toEqual(['identity', 'other']);
    expect(await names({})).toEqual(['identity', 'other']);
    expect(await names({ ready: true })).toEqual(['identity']);
  });

  it('loads and unloads by request, and answers with nothing', async () => {
    const parameters = { config: '{"max_batch_size":4}', 'file:1/model.onnx': 'AAEC' };
    for (const answer of [
      await post('/v2/repository/models/identity/load'),
      await post('/v2/repository/models/identity/load', { parameters }),
      await post('/v2/repository/models/identity/unload', { parameters: { unload_dependents: false } }),
    ])
      expect({ status: answer.status, length: answer.body.byteLength }).toEqual({ status: 200, length: 0 });
    expect(open.dataPlane.orders).toEqual([
      { order: 'load', name: 'identity', override: { configJson: null, files: new Map() } },
      {
        order: 'load',
        name: 'identity',
        override: {
          configJson: '{"max_batch_size":4}',
          files: new Map([['1/model.onnx', Buffer.from([0, 1, 2])]]),
        },
      },
      { order: 'unload', name: 'identity' },
    ]);
    expect((await post('/v2/repository/models/nope/load')).status).toBe(400);
  });

  it('cannot be named', async () => {
    for (const path of ['index', 'models/identity/load', 'models/identity/unload']) {
      const { status, json } = await post(`/v2/repository/main/${path}`);
      expect(status).toBe(501);
      expect(json?.error).toContain('cannot be named');
    }
    expect(open.dataPlane.orders).toEqual([]);
  });
});

describe('settings', () => {
  it('of traces are read and changed, for the server and for a model', async () => {
    for (const path of ['/v2/trace/setting', '/v2/models/identity/trace/setting']) {
      expect((await open.send('GET', path)).json).toMatchObject({
        trace_level: ['OFF'],
        trace_mode: 'triton',
      });
      expect((await post(path, { trace_rate: '7' })).json).toMatchObject({ trace_rate: '7' });
    }
  });

  it('of the log are read and changed', async () => {
    expect((await open.send('GET', '/v2/logging')).json).toMatchObject({
      log_info: true,
      log_format: 'default',
    });
    expect((await post('/v2/logging', { log_info: false })).json).toMatchObject({ log_info: false });
    expect((await post('/v2/logging', { log_info: {} })).status).toBe(400);
  });
});

describe.each(['system', 'cuda'])('%s shared memory', (kind) => {
  it('has no regions, takes none, and lets go of all', async () => {
    const path = `/v2/${kind}sharedmemory`;
    expect(await open.send('GET', `${path}/status`)).toMatchObject({ status: 200, json: [] });
    expect((await open.send('GET', `${path}/region/r/status`)).status).toBe(404);
    const register = await post(`${path}/region/r/register`, { key: '/r', offset: 0, byte_size: 8 });
    expect({ status: register.status, error: register.json?.error }).toEqual({
      status: 501,
      error: 'shared memory is not supported: send tensors in the request',
    });
    expect((await post(`${path}/unregister`)).status).toBe(200);
    expect((await post(`${path}/region/r/unregister`)).status).toBe(200);
  });
});
