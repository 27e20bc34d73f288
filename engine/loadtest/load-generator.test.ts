import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLoadGenerator } from './load-generator';
import type { LoadPhase, LoadPlan } from './load-plan';

const server = createServer((request, response) => {
  request.resume().on('end', () => response.end('{}'));
});
let plan: LoadPlan;

beforeAll(async () => {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  plan = {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    path: '/',
    requests: { kind: 'bodies', headers: {}, bodies: [new Uint8Array(10)] },
    executor: { kind: 'closed', clients: 2 },
    warmupMs: 100,
    durationMs: 500,
    requestTimeoutMs: 1_000,
    seed: 1,
    beatMs: 50,
  };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('the load generator', () => {
  it('runs a plan in its own thread, reports while it runs and gives the result', async () => {
    const phases = new Set<LoadPhase>();
    const generator = startLoadGenerator(plan, ({ phase }) => phases.add(phase));
    await generator.started;
    const result = await generator.finished;
    expect([...phases].slice(0, 2)).toEqual(['warming-up', 'running']);
    expect(result).toMatchObject({ phase: 'finished', stopped: false, measuredMs: 500 });
    expect(result.counts.succeeded).toBe(result.counts.sent);
    expect(result.counts.sent).toBeGreaterThan(0);
  });

  it('ends when it is stopped', async () => {
    const generator = startLoadGenerator({ ...plan, durationMs: 600_000 });
    await generator.started;
    generator.stop();
    expect(await generator.finished).toMatchObject({ phase: 'finished', stopped: true });
  });

  it('says so when its thread is killed', async () => {
    const generator = startLoadGenerator({ ...plan, durationMs: 600_000 });
    await generator.started;
    await generator.kill();
    await expect(generator.finished).rejects.toThrow('ended early');
  });

  it('refuses a plan whose requests cannot be made', async () => {
    const generator = startLoadGenerator({ ...plan, requests: { kind: 'bodies', headers: {}, bodies: [] } });
    await expect(generator.started).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(generator.finished).rejects.toThrow('at least one request body');
  });
});
