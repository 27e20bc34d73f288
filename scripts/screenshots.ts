import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { chromium } from 'playwright';
import { launchDesktop } from '../e2e/fixtures/desktop';
import { serveHeadless } from '../e2e/fixtures/headless';
import { appFolder, notedEnv } from '../e2e/fixtures/test-env';
import { goTo, modelCard } from '../e2e/flows';

/**
 * Takes docs/images/*.png of the real app while the demo model answers a real load test and its settings change:
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
const SLOW = { timeout: 60_000 } as const;

interface OpenConsole {
  readonly page: Page;
  close(): Promise<unknown>;
}

async function openDesktop(ports: readonly string[]): Promise<OpenConsole> {
  process.env.FERRY_TEST_ELECTRON ??= notedEnv.electron ?? '';
  process.env.FERRY_TEST_NO_SANDBOX ??= notedEnv.noSandbox ? '1' : '';
  const desktop = await launchDesktop({ userDataDir: DATA_DIR, args: ports });
  await desktop.app.evaluate(({ BrowserWindow }, { width, height }) => {
    const [window] = BrowserWindow.getAllWindows();
    window?.setMenuBarVisibility(false);
    window?.setContentSize(width, height);
  }, SIZE);
  return desktop;
}

async function openBrowser(ports: readonly string[]): Promise<OpenConsole> {
  const engine = await serveHeadless({ dataDir: DATA_DIR, args: ports });
  const browser = await chromium.launch({
    ...(notedEnv.chromium ? { executablePath: notedEnv.chromium } : {}),
    args: notedEnv.noSandbox ? ['--no-sandbox'] : [],
  });
  const page = await browser.newPage({ viewport: SIZE });
  await page.goto(engine.consoleUrl);
  return { page, close: () => browser.close().then(() => engine.end('SIGINT')) };
}

/** The usual port, so that the picture shows the address that users will see; a free one when it is taken. */
async function choosePorts(): Promise<readonly string[]> {
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(8000, '127.0.0.1', () => server.close(() => resolve(true)));
  });
  return ['--http-port', isFree ? '8000' : '0', '--control-port', '0', '--metrics-port', '0'];
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** One load test, long enough for all pictures; batching off first, then on, then larger batches: each change leaves its mark. */
async function startTraffic(page: Page): Promise<void> {
  await expect(modelCard(page, 'demo-mlp')).toContainText('ready', SLOW);
  // The marks of the start leave the minute that the charts show.
  await pause(12);
  await goTo(page, 'Load test');
  const settings = page.getByRole('region', { name: 'Settings of demo-mlp' });
  const batching = settings.getByRole('radiogroup', { name: 'Batching' });
  await setBatchSize(settings, 8);
  await setBatching(batching, 'Off');
  const form = page.getByRole('form', { name: 'Load test scenario' });
  await form.getByRole('textbox', { name: 'Clients' }).fill('32');
  await form.getByLabel('Duration').fill('75');
  await form.getByLabel('Warm-up').fill('1');
  await form.getByLabel('Label').fill('32 clients, settings moved');
  await form.getByRole('button', { name: 'Start' }).click();
  await pause(16);
  await setBatching(batching, 'Fixed');
  await pause(14);
  await setBatchSize(settings, 32);
  await pause(18);
}

/** By the field beside the slider: one change, one mark. */
async function setBatchSize(settings: Locator, rows: number): Promise<void> {
  const field = settings.getByLabel('Max batch size, exact');
  await field.fill(String(rows));
  await field.press('Enter');
  await expect(settings.getByRole('slider', { name: 'Max batch size' })).toHaveAttribute(
    'aria-valuenow',
    String(rows),
  );
}

async function setBatching(control: Locator, mode: 'Off' | 'Fixed'): Promise<void> {
  const choice = control.getByRole('radio', { name: mode });
  if (await choice.isChecked()) return;
  // The radio button itself is under its label, as everywhere in the component library.
  await control.getByText(mode, { exact: true }).click();
  await expect(choice).toBeChecked();
  const applied = control.page().getByText(/^applied at/);
  await expect(applied.first()).toBeVisible();
}

async function take(page: Page, name: string, scheme: 'dark' | 'light'): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  await pause(0.7);
  const path = join(IMAGES, `${name}-${scheme}.png`);
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  const bytes = statSync(path).size;
  console.log(`  ${relative(appFolder, path)}  ${Math.round(bytes / 1000)} kB`);
  if (bytes > MAX_BYTES) throw new Error(`${path} is larger than ${MAX_BYTES} bytes`);
}

async function takeAll(page: Page): Promise<void> {
  const schemes = ['dark', 'light'] as const;
  const both = async (name: string) => {
    // Neither focus rings nor tooltips belong into the pictures.
    await page.mouse.move(0, SIZE.height - 1);
    await page.evaluate(() => {
      (document.activeElement as HTMLElement | null)?.blur();
      window.scrollTo(0, 0);
    });
    for (const scheme of schemes) await take(page, name, scheme);
  };
  await both('load-test');
  await goTo(page, 'Overview');
  await pause(1);
  await both('overview');
  await goTo(page, 'Models');
  await pause(1.5);
  await both('models');
}

async function main(): Promise<void> {
  const wantsBrowser = process.argv.includes('--browser');
  const hasElectron = !wantsBrowser && Boolean(notedEnv.electron) && !notedEnv.desktopReason;
  const hasDisplay =
    process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  if (hasElectron && !hasDisplay) {
    const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
    const args = ['-a', '-s', '-screen 0 1600x1000x24', ...again];
    process.exitCode = spawnSync('xvfb-run', args, { stdio: 'inherit' }).status ?? 1;
    return;
  }
  rmSync(DATA_DIR, { recursive: true, force: true });
  mkdirSync(IMAGES, { recursive: true });
  const ports = await choosePorts();
  console.log(`  ${hasElectron ? 'the desktop app' : 'the console in a browser'}, about a minute`);
  const opened = await (hasElectron ? openDesktop(ports) : openBrowser(ports));
  try {
    await startTraffic(opened.page);
    await takeAll(opened.page);
  } finally {
    await opened.close();
    rmSync(DATA_DIR, { recursive: true, force: true });
  }
}

await main();
