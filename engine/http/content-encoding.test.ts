import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { wantedCoding } from './content-encoding';
import { binaryRequest, GOOD_JSON, INFER, type OpenDoor, openDoor } from './open-door.fixture';

vi.setConfig({ testTimeout: 60_000 });

const LIMIT_BYTES = 256 * 1024;

let open: OpenDoor;
beforeEach(async () => {
  open = await openDoor({ maxRequestBytes: LIMIT_BYTES });
});
afterEach(() => open.close());

const post = (body: Uint8Array | string, headers: Readonly<Record<string, string>>) =>
  open.send('POST', INFER, { body, headers });

describe('a compressed request', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['GZIP', gzipSync],
  ] as const)('in %s is unpacked', async (coding, pack) => {
    const { status, json } = await post(pack(GOOD_JSON), { 'Content-Encoding': coding });
    expect(status).toBe(200);
    expect(json?.outputs).toMatchObject([{ data: [1, 2.5, -3] }]);
  });

  it('counts the JSON of a binary request before compression', async () => {
    const values = Float32Array.of(1, 2, 3);
    const { body, headers } = binaryRequest(values);
    const answer = await post(gzipSync(body), { ...headers, 'Content-Encoding': 'gzip' });
    expect(answer.status).toBe(200);
    expect(answer.body.subarray(-12)).toEqual(Buffer.from(values.buffer));
  });

  it('of another coding is refused, and told which there are', async () => {
    const { status, headers, json } = await post(GOOD_JSON, { 'Content-Encoding': 'br' });
    expect({ status, accepts: headers['accept-encoding'] }).toEqual({
      status: 501,
      accepts: 'gzip, deflate',
    });
    expect(json?.error).toContain('"br"');
    expect((await post(GOOD_JSON, { 'Content-Encoding': 'identity' })).status).toBe(200);
  });

  it('that unpacks to more than a body may have is stopped at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.byteLength).toBeLessThan(LIMIT_BYTES);
    const { status, json } = await post(bomb, { 'Content-Encoding': 'gzip' });
    expect(status).toBe(413);
    expect(json?.error).toContain(String(LIMIT_BYTES));
    expect((await post(GOOD_JSON, {})).status).toBe(200);
  });

  it.each([
    ['cut off', gzipSync(GOOD_JSON).subarray(0, -9)],
    ['empty', Buffer.alloc(0)],
    ['not compressed at all', Buffer.from(GOOD_JSON)],
    ['followed by more', Buffer.concat([gzipSync(GOOD_JSON), Buffer.from('more')])],
    ['deflate without the zlib frame', deflateRawSync(GOOD_JSON)],
  ])('that is %s is refused', async (_title, body) => {
    const { status, json } = await post(body, { 'Content-Encoding': 'gzip' });
    expect(status).toBe(400);
    expect(json?.error).toBeTypeOf('string');
  });
});

describe('a compressed answer', () => {
  it.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
  ] as const)('comes when %s is asked for', async (coding, unpack) => {
    const plain = await post(GOOD_JSON, {});
    const { status, headers, body } = await post(GOOD_JSON, { 'Accept-Encoding': coding });
    expect({ status, coding: headers['content-encoding'] }).toEqual({ status: 200, coding });
    expect(unpack(body)).toEqual(plain.body);
  });

  it('says how long its JSON is once unpacked', async () => {
    const { body, headers } = binaryRequest(Float32Array.of(1, 2, 3));
    const plain = await post(body, headers);
    const packed = await post(body, { ...headers, 'Accept-Encoding': 'gzip' });
    const key = 'inference-header-content-length';
    expect(packed.headers[key]).toBe(plain.headers[key]);
    expect(gunzipSync(packed.body)).toEqual(plain.body);
  });

  it('is for inference alone: errors and metadata come as they are', async () => {
    const headers = { 'Accept-Encoding': 'gzip, deflate' };
    for (const answer of [await post('{}', headers), await open.send('GET', '/v2', { headers })]) {
      expect(answer.headers['content-encoding']).toBeUndefined();
      expect(answer.json).toBeDefined();
    }
  });

  it.each([
    [undefined, null],
    ['', null],
    ['br, zstd', null],
    ['gzip, deflate', 'gzip'],
    ['deflate, gzip', 'deflate'],
    ['gzip;q=0.5, deflate;q=0.8', 'deflate'],
    ['gzip;q=0.5, identity;q=0.5', 'gzip'],
    ['identity, gzip', null],
    ['gzip;q=0', null],
    ['GZIP;Q=1.000', 'gzip'],
    ['gzip;q=2', null],
    ['*', null],
    [', ;;q=,gzip;;q=1', 'gzip'],
  ])('to Accept-Encoding %j is %j', (header, coding) => {
    expect(wantedCoding(header)).toBe(coding);
  });
});
