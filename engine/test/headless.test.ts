import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder';
import { simulatedConfig } from './arithmetic-models';
import { HttpClient } from './http-client';
import { waitUntil } from './wait-until';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const LIMIT = { timeout: 90_000 };

interface Headless {
  readonly child: ChildProcess;
  /** What it has printed so far, errors too. */
  text(): string;
  /** Exit status, once it has ended by itself. */
  ended(): Promise<number | null>;
}

let folder: TemporaryFolder;
let running: Headless[];

beforeEach(() => {
  running = [];
  folder = temporaryFolder();
  folder.write({ 'models/slow/config.pbtxt': simulatedConfig({ baseUs: 500_000 }) });
});

afterEach(async () => {
  for (const { child, ended } of running) {
    child.kill('SIGKILL');
    await ended();
  }
  folder.remove();
});

function run(...argv: readonly string[]): Headless {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'serve', ...argv], { stdio: 'pipe' });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  const closed = once(child, 'close').then(([code]) => code as number | null);
  const headless: Headless = { child, text: () => text, ended: () => closed };
  running.push(headless);
  return headless;
}

const serve = (port = '0'): Headless =>
  run('--port', port, '--repository', join(folder.path, 'models'), '--data-dir', join(folder.path, 'data'));

async function addressOf({ text }: Headless): Promise<URL> {
  const found = await waitUntil('it prints its address', () => /inference {2}(http:\S+)/.exec(text()), {
    limitMs: 40_000,
  });
  return new URL(found[1] ?? '');
}

describe('the engine as a process', () => {
  test('answers what is under way when it is told to end, and ends with 0', LIMIT, async () => {
    const headless = serve();
    const { hostname, port } = await addressOf(headless);
    const http = new HttpClient(hostname, Number(port));
    const asked = [1, 2, 3].map((value) => http.inferFloats('slow', [1, 2], Float32Array.of(value, value)));
    // They run one after the other: when one is answered, the others have long been in.
    await Promise.race(asked);
    headless.child.kill('SIGTERM');
    const answers = await Promise.all(asked);
    expect(answers.map(({ status, values }) => [status, values?.[0]])).toEqual([
      [200, 1],
      [200, 2],
      [200, 3],
    ]);
    expect(await headless.ended()).toBe(0);
    expect(headless.text()).not.toMatch(/ error /);
    http.close();
  });

  test('says what to do about a taken port, ends with 1, and leaves the other one alone', LIMIT, async () => {
    const first = serve();
    const { port } = await addressOf(first);
    const second = serve(port);
    expect(await second.ended()).toBe(1);
    expect(second.text()).toMatch(new RegExp(`port ${port}.*--port`));
    const http = new HttpClient('127.0.0.1', Number(port));
    expect((await http.get('/v2/health/live')).status).toBe(200);
    http.close();
  });

  test('names a wrong option with its value and limit, and ends with 2', LIMIT, async () => {
    const headless = run('--port', '70000');
    expect(await headless.ended()).toBe(2);
    expect(headless.text()).toMatch(/port.*70000/);
  });
});
