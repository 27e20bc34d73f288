import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { chromium } from 'playwright';
import { launchDesktop } from '../e2e/fixtures/desktop';
import { serveHeadless } from '../e2e/fixtures/headless';
import { appFolder, notedEnv, starterModels } from '../e2e/fixtures/test-env';
import { goTo, modelCard, modelEntry } from '../e2e/flows';
import { keepAsking } from './screenshot-traffic';

/**
 * Takes docs/images/*.png of the real app while three models share the CPU under real traffic, one of them in auto mode with an
 * SLO, and a fourth is evicted from a (simulated) device to make room for a fifth:
 *
 *   npm run screenshots                 in Electron where there is one
 *   npm run screenshots -- --browser    in a browser on a headless engine
 *
 * Without a display Electron runs under xvfb-run. The folder it works in has a neutral name, and nothing with a token is on
 * the screens it takes.
 */
const SIZE = { width: 1440, height: 900 } as const;
const MAX_BYTES = 400_000;
const DATA_DIR = join(tmpdir(), 'ferry-demo');
const IMAGES = join(appFolder, 'docs', 'images');
const FAILED = join(appFolder, 'out', 'screenshot-failed.png');
const REPOSITORY = join(DATA_DIR, 'models');
const SLOW = { timeout: 120_000 } as const;
const GIB = 2 ** 30;
const SLO_MS = 200;
const BUDGETS = 'cpu=512MiB,simulated=8GiB';

interface OpenConsole {
  readonly page: Page;
  /** Of what the page has, in pixels. */
  setHeight(height: number): Promise<unknown>;
  close(): Promise<unknown>;
}

async function openDesktop(args: readonly string[]): Promise<OpenConsole> {
  process.env.FERRY_TEST_ELECTRON ??= notedEnv.electron ?? '';
  process.env.FERRY_TEST_NO_SANDBOX ??= notedEnv.noSandbox ? '1' : '';
  const desktop = await launchDesktop({ userDataDir: DATA_DIR, args });
  const setHeight = (height: number) =>
    desktop.app.evaluate(
      ({ BrowserWindow }, size) => {
        const [window] = BrowserWindow.getAllWindows();
        window?.setMenuBarVisibility(false);
        window?.setContentSize(size.width, size.height);
      },
      { ...SIZE, height },
    );
  await setHeight(SIZE.height);
  return { page: desktop.page, setHeight, close: desktop.close };
}

async function openBrowser(args: readonly string[]): Promise<OpenConsole> {
  const engine = await serveHeadless({ dataDir: DATA_DIR, args });
  const browser = await chromium.launch({
    ...(notedEnv.chromium ? { executablePath: notedEnv.chromium } : {}),
    args: notedEnv.noSandbox ? ['--no-sandbox'] : [],
  });
  const page = await browser.newPage({ viewport: SIZE });
  await page.goto(engine.consoleUrl);
  return {
    page,
    setHeight: (height) => page.setViewportSize({ ...SIZE, height }),
    close: () => browser.close().then(() => engine.end('SIGINT')),
  };
}

/** The usual port, so that the picture shows the address that users will see; a free one when it is taken. */
async function chooseOptions(): Promise<readonly string[]> {
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(8000, '127.0.0.1', () => server.close(() => resolve(true)));
  });
  return [
    ...[
      '--http-port',
      isFree ? '8000' : '0',
      '--control-port',
      '0',
      '--metrics-port',
      '0',
      '--grpc-port',
      '0',
    ],
    ...['--repository', REPOSITORY, '--memory-budget', BUDGETS],
  ];
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Who shares the CPU, one of them in the background; and two that do not fit onto the simulated device together. */
function makeRepository(): void {
  addModel('demo-mlp', 'demo-mlp', {});
  addModel('ocr-orientation', 'ocr-orientation', { device_weight: '2' });
  addModel('ocr-detection', 'ocr-detection', { device_class: 'background' });
  addModel('simulated-gpu', 'simulated-gpu', {
    'simulated.memory_bytes': String(3 * GIB),
    'simulated.base_us': '20000',
    // Requests wait for the one instance, so a second is added.
    batching: 'off',
    max_instances: '2',
  });
  addModel('simulated-gpu', 'simulated-large', { 'simulated.memory_bytes': String(6 * GIB) });
}

/** A starter model in the repository, under a name of its own and with these of Ferry's parameters. */
function addModel(starter: string, name: string, parameters: Readonly<Record<string, string>>): void {
  const folder = join(REPOSITORY, name);
  cpSync(join(starterModels, starter), folder, { recursive: true });
  const file = join(folder, 'config.pbtxt');
  const added = Object.entries(parameters).map(
    ([key, value]) => `parameters {\n  key: "ferry.${key}"\n  value { string_value: "${value}" }\n}\n`,
  );
  const text = readFileSync(file, 'utf8')
    .replace(`name: "${starter}"`, `name: "${name}"`)
    .replace(/parameters \{\s*key: "ferry\.([\w.]+)"[^}]*\}\s*\}\n?/g, (whole, key) =>
      key in parameters ? '' : whole,
    );
  writeFileSync(file, `${text}\n${added.join('')}`);
}

/**
 * Traffic for all pictures. Each change leaves its mark: batching off, then fixed, then auto with an SLO, and an eviction. The two
 * other models are asked from here, until `signal` says stop.
 */
async function startTraffic(page: Page, signal: AbortSignal): Promise<void> {
  await expect(modelCard(page, 'demo-mlp')).toContainText('ready', SLOW);
  const address = page.getByRole('button', { name: 'Copy the inference address' });
  const url = `http://${(await address.innerText()).trim()}`;
  // A screen without charts for the while: they cost a busy machine more than the models do.
  await goTo(page, 'Settings');
  const simulated = (model: string, clients: number) =>
    keepAsking({ url, model, input: 'input', shape: [1, 16], pauseMs: 5, clients, signal });
  // Takes all the memory of its device; the marks of that and of the start leave the minute that the charts show.
  await simulated('simulated-large', 0).first;
  await pause(20);
  keepAsking({
    url,
    model: 'ocr-orientation',
    input: 'x',
    shape: [1, 3, 48, 96],
    pauseMs: 40,
    clients: 2,
    signal,
  });
  keepAsking({
    url,
    model: 'ocr-detection',
    input: 'x',
    shape: [1, 3, 64, 64],
    pauseMs: 60,
    clients: 1,
    signal,
  });
  await goTo(page, 'Load test');
  const settings = page.getByRole('region', { name: 'Settings of demo-mlp' });
  const batching = settings.getByRole('radiogroup', { name: 'Batching' });
  await setBatching(batching, 'Off');
  const form = page.getByRole('form', { name: 'Load test scenario' });
  await form.getByRole('textbox', { name: 'Clients' }).fill('24');
  await form.getByLabel('Duration').fill('240');
  await form.getByLabel('Warm-up').fill('1');
  await form.getByLabel('Label').fill('24 clients, settings moved');
  await form.getByRole('button', { name: 'Start' }).click();
  await pause(10);
  await setBatching(batching, 'Fixed');
  await pause(8);
  await setBatching(batching, 'Auto');
  await setSlo(settings, SLO_MS);
  await pause(6);
  // Evicts the other one, and is then asked for more than one instance answers.
  await simulated('simulated-gpu', 6).first;
  const changes = page.getByRole('list', { name: 'Flags on the charts' });
  await expect(changes).toContainText('1 -> 2 instances', SLOW);
}

async function setSlo(settings: Locator, ms: number): Promise<void> {
  const field = settings.getByRole('textbox', { name: 'SLO' });
  await field.fill(String(ms));
  await field.press('Enter');
  await expect(settings.getByRole('status', { name: /^SLO: applied at/ })).toBeVisible(SLOW);
}

async function setBatching(control: Locator, mode: 'Off' | 'Fixed' | 'Auto'): Promise<void> {
  const choice = control.getByRole('radio', { name: mode });
  if (await choice.isChecked()) return;
  // The radio button itself is under its label, as everywhere in the component library.
  await control.getByText(mode, { exact: true }).click();
  await expect(choice).toBeChecked();
  const applied = control.page().getByText(/^applied at/);
  await expect(applied.first()).toBeVisible(SLOW);
}

/** Of the whole page, or of one part of it. */
async function take(page: Page, name: string, scheme: 'dark' | 'light', part?: Locator): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  await pause(0.7);
  const path = join(IMAGES, `${name}-${scheme}.png`);
  await (part ?? page).screenshot({ path, animations: 'disabled', caret: 'hide', ...SLOW });
  const bytes = statSync(path).size;
  console.log(`  ${relative(appFolder, path)}  ${Math.round(bytes / 1000)} kB`);
  if (bytes > MAX_BYTES) throw new Error(`${path} is larger than ${MAX_BYTES} bytes`);
}

async function takeAll({ page, setHeight }: OpenConsole): Promise<void> {
  const schemes = ['dark', 'light'] as const;
  const both = async (name: string, height: number = SIZE.height, part?: Locator) => {
    await setHeight(height);
    // Neither focus rings nor tooltips belong into the pictures.
    await page.mouse.move(0, SIZE.height - 1);
    await page.evaluate(() => {
      (document.activeElement as HTMLElement | null)?.blur();
      window.scrollTo(0, 0);
    });
    for (const scheme of schemes) await take(page, name, scheme, part);
  };
  await both('load-test', 1240);
  await goTo(page, 'Overview');
  await pause(1);
  await both('overview', 1470);
  await both('devices', 900, page.getByRole('region', { name: 'Devices' }));
  await goTo(page, 'Models');
  await modelEntry(page, 'demo-mlp').click();
  await pause(1.5);
  await both('models');
  await page.getByRole('tab', { name: 'Cost curve' }).click();
  await pause(1);
  await both('cost-curve', 1060);
  await page.getByRole('tab', { name: 'Batches' }).click();
  await pause(2.5);
  await both('predictions');
}

async function main(): Promise<void> {
  const wantsBrowser = process.argv.includes('--browser');
  const hasElectron = !wantsBrowser && Boolean(notedEnv.electron) && !notedEnv.desktopReason;
  const hasDisplay =
    process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  if (hasElectron && !hasDisplay) {
    const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
    const args = ['-a', '-s', '-screen 0 1600x1500x24', ...again];
    process.exitCode = spawnSync('xvfb-run', args, { stdio: 'inherit' }).status ?? 1;
    return;
  }
  rmSync(DATA_DIR, { recursive: true, force: true });
  mkdirSync(IMAGES, { recursive: true });
  makeRepository();
  const options = await chooseOptions();
  console.log(`  ${hasElectron ? 'the desktop app' : 'the console in a browser'}, about two minutes`);
  const traffic = new AbortController();
  const opened = await (hasElectron ? openDesktop(options) : openBrowser(options));
  // A machine that is busy with something else takes its time.
  opened.page.setDefaultTimeout(SLOW.timeout);
  try {
    await startTraffic(opened.page, traffic.signal);
    await takeAll(opened);
  } catch (error) {
    // What stood on the screen tells more than which element was waited for.
    await opened.page.screenshot({ path: FAILED }).catch(() => undefined);
    throw error;
  } finally {
    traffic.abort();
    await opened.close();
    rmSync(DATA_DIR, { recursive: true, force: true });
  }
}

await main();
