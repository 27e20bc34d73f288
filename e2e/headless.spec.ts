import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { type Headless, runFerry, serveHeadless } from './fixtures/headless';
import { collectFaults, type PageFaults } from './fixtures/page-faults';
import { expectAnswer, type Session, testJourneys } from './flows';

/** Given by the environment: an engine then has the same token after a restart, and its page comes back by itself. */
const TOKEN = 'one-token-for-every-start-of-this-test';
const env = { FERRY_CONTROL_TOKEN: TOKEN };

let folder: string;
let engine: Headless | undefined;

test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferry-e2e-'));
});

test.afterEach(async () => {
  await engine?.close();
  engine = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Where a token stands besides the one line that prints the console's address, and the run file by which the command line finds the
 * engine, which nobody else may read: lines of output, and files.
 */
function leaks({ output, token, dataDir }: Headless): readonly string[] {
  const lines = output().split('\n');
  const printed = lines.filter((line) => line.includes(token) && !/^ *console +http/.test(line));
  const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dataDir, name))
    .filter((file) => statSync(file).isFile() && !file.endsWith('.onnx'))
    .filter((file) => file !== join(dataDir, 'engine.json') || (statSync(file).mode & 0o077) !== 0)
    .filter((file) => readFileSync(file, 'utf8').includes(token));
  return [...printed, ...files];
}

const portOf = (url: string) => new URL(url).port;

/** Starts an engine anew on the ports and data of one that has ended. */
const restarted = (
  { inferenceUrl, consoleUrl, dataDir }: Headless,
  withEnv = env as Record<string, string>,
) =>
  serveHeadless({
    args: [
      ...['--http-port', portOf(inferenceUrl), '--control-port', portOf(consoleUrl)],
      ...['--metrics-port', '0', '--grpc-port', '0'],
    ],
    env: withEnv,
    dataDir,
  });

function sessionOf(page: Page, first: Headless): Session {
  return {
    page,
    inferenceUrl: first.inferenceUrl,
    goneWords: /The connection to the engine was lost/,
    chooseFile: (path) => page.getByRole('dialog').locator('input[type=file]').setInputFiles(path),
    killEngine: async () => {
      await first.end('SIGKILL');
    },
    revive: async () => {
      engine = await restarted(first);
      return { inferenceUrl: engine.inferenceUrl };
    },
  };
}

test.describe('the console in a browser', () => {
  let session: Session;
  let faults: PageFaults;

  test.beforeEach(async ({ page }) => {
    engine = await serveHeadless({ dataDir: folder, env });
    faults = collectFaults(page);
    await page.goto(engine.consoleUrl);
    session = sessionOf(page, engine);
  });

  test.afterEach(() => {
    expect(engine ? leaks(engine) : ['no engine']).toEqual([]);
  });

  testJourneys('browser', () => ({ session, faults }));
});

test.describe('the token of the console', () => {
  test('is asked for, and taken out of the address bar once given', async ({ page }) => {
    engine = await serveHeadless({ dataDir: folder });
    const { origin } = new URL(engine.consoleUrl);
    await page.goto(origin);
    await expect(page.getByRole('heading', { name: 'This console needs its token' })).toBeVisible();
    await page.goto(`${origin}/#token=${'x'.repeat(engine.token.length)}`);
    await expect(page.getByRole('heading', { name: 'This console needs its token' })).toBeVisible();
    await page.goto(engine.consoleUrl);
    await expect(page.getByText('engine running')).toBeVisible();
    expect(page.url()).not.toContain(engine.token);
    expect(leaks(engine)).toEqual([]);
  });

  test('is another one after a restart, which the page says', async ({ page }) => {
    const first = await serveHeadless({ dataDir: folder });
    engine = first;
    await page.goto(first.consoleUrl);
    await expect(page.getByText('engine running')).toBeVisible();
    await first.end('SIGKILL');
    engine = await restarted(first, {});
    expect(engine.token).not.toBe(first.token);
    await expect(page.getByText('Every start makes a new one')).toBeVisible({ timeout: 60_000 });
    await page.goto(engine.consoleUrl);
    await expect(page.getByText('engine running')).toBeVisible();
  });
});

test.describe('the headless engine', () => {
  test('says what to do when its ports are taken, and leaves the one that has them alone', async () => {
    engine = await serveHeadless({ dataDir: folder });
    const second = runFerry([
      ...['--http-port', portOf(engine.inferenceUrl), '--control-port', '0', '--metrics-port', '0'],
      ...['--data-dir', join(folder, 'second'), '--repository', join(folder, 'second', 'models')],
    ]);
    const status = await new Promise((resolve) => second.process.once('exit', resolve));
    expect(status).toBe(1);
    expect(second.output()).toContain('--port');
    expect(second.output()).toContain(portOf(engine.inferenceUrl));
    await expectAnswer(engine.inferenceUrl);
  });

  test('answers what is under way and ends with 0 on Ctrl-C', async () => {
    engine = await serveHeadless({ dataDir: folder });
    const { inferenceUrl } = engine;
    await expectAnswer(inferenceUrl);
    const url = `${inferenceUrl}/v2/models/demo-mlp/infer`;
    const input = { name: 'input', datatype: 'FP32', shape: [1, 512], data: new Array<number>(512).fill(1) };
    const body = JSON.stringify({ inputs: [input] });
    const statuses: number[] = [];
    const headers = { 'content-type': 'application/json' };
    const client = async () => {
      // Until the engine no longer takes connections: what it took before, it answers.
      for (;;) {
        const response = await fetch(url, { method: 'POST', headers, body }).catch(() => null);
        if (response === null) return;
        await response.text();
        statuses.push(response.status);
      }
    };
    const clients = Promise.all([1, 2, 3, 4].map(client));
    await expect.poll(() => statuses.length).toBeGreaterThan(20);
    expect(await engine.end('SIGINT')).toBe(0);
    await clients;
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(engine.output()).toContain('Stopping');
  });
});
