import { request } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../base';
import { MetricsDoor, type MetricsDoorOptions } from './metrics-door';

const open: MetricsDoor[] = [];
afterEach(async () => {
  for (const door of open.splice(0)) await door.stop();
});

const doorWith = (more: Partial<MetricsDoorOptions> = {}): MetricsDoor => {
  const door = new MetricsDoor({
    host: '127.0.0.1',
    port: 0,
    allowedHosts: ['metrics.example'],
    allowNetwork: false,
    logger: silentLogger,
    page: () => '# HELP m h\n# TYPE m gauge\nm 1\n',
    ...more,
  });
  open.push(door);
  return door;
};

const ask = (port: number, path: string, { method = 'GET', headers = {}, body = '' } = {}) =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const sent = request({ port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    sent.on('error', reject).end(body);
  });

describe('the metrics door', () => {
  test('serves the page at /metrics and an empty 200 everywhere else', async () => {
    const { port } = await doorWith().start();
    for (const path of ['/metrics', '/metrics/', '/metrics?x=1']) {
      const { status, headers, text } = await ask(port, path);
      expect({ status, type: headers['content-type'], text }).toEqual({
        status: 200,
        type: 'text/plain; charset=utf-8',
        text: '# HELP m h\n# TYPE m gauge\nm 1\n',
      });
    }
    for (const path of ['/', '/metric', '/metricsx', '/v2/health/live'])
      expect(await ask(port, path)).toMatchObject({ status: 200, text: '' });
  });

  test.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])('answers %s with 405', async (method) => {
    const { port } = await doorWith().start();
    const body = method === 'POST' || method === 'PUT' ? 'x'.repeat(100_000) : '';
    const { status, headers } = await ask(port, '/metrics', { method, body });
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET' });
  });

  test('refuses what the data plane refuses: foreign names and pages of other origins', async () => {
    const { port } = await doorWith().start();
    const statusFor = async (headers: Record<string, string>) =>
      (await ask(port, '/metrics', { headers })).status;
    expect(await statusFor({ host: 'evil.example' })).toBe(403);
    expect(await statusFor({ host: `127.0.0.1:${port}`, origin: 'http://evil.example' })).toBe(403);
    expect(await statusFor({ host: 'a b' })).toBe(400);
    expect(await statusFor({ host: 'metrics.example' })).toBe(200);
    expect(await statusFor({ host: `localhost:${port}` })).toBe(200);
  });

  test('may not be reached from other machines unless that is allowed', async () => {
    await expect(doorWith({ host: '0.0.0.0' }).start()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const { port } = await doorWith({ host: '0.0.0.0', allowNetwork: true }).start();
    expect((await ask(port, '/metrics')).status).toBe(200);
  });

  test('says which flag chooses another port when its own is taken', async () => {
    const holder = createServer();
    const port = await new Promise<number>((resolve) =>
      holder.listen(0, '127.0.0.1', () => resolve((holder.address() as { port: number }).port)),
    );
    try {
      await expect(doorWith({ port }).start()).rejects.toMatchObject({
        code: 'PORT_IN_USE',
        message: expect.stringContaining('--metrics-port'),
      });
    } finally {
      holder.close();
    }
  });

  test('answers 500 when the page cannot be made, and goes on', async () => {
    let isBroken = true;
    const page = () => {
      if (isBroken) throw new Error('no readings');
      return 'm 1\n';
    };
    const { port } = await doorWith({ page }).start();
    expect((await ask(port, '/metrics')).status).toBe(500);
    isBroken = false;
    expect((await ask(port, '/metrics')).text).toBe('m 1\n');
  });

  test('stops at once although a scraper holds a connection', async () => {
    const door = doorWith();
    const { port } = await door.start();
    await fetch(`http://127.0.0.1:${port}/metrics`);
    await door.stop();
    await expect(ask(port, '/metrics')).rejects.toThrow('ECONNREFUSED');
  });
});
