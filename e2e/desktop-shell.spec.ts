import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import type { DesktopBridge, DesktopCommand, DesktopEngine } from '../electron/bridge';
import { type Desktop, launchDesktop } from './fixtures/desktop';

declare global {
  interface Window {
    /** What these tests note down in the page. */
    noted: { engines: DesktopEngine[]; commands: DesktopCommand[] };
  }
}

const appFolder = fileURLToPath(new URL('..', import.meta.url));

/** Writes down in the page all that the shell tells it from now on. */
function noteShell(page: Page): Promise<void> {
  return page.evaluate(() => {
    const { desktop } = window as unknown as { readonly desktop: DesktopBridge };
    const noted = { engines: [] as DesktopEngine[], commands: [] as DesktopCommand[] };
    window.noted = noted;
    // Whoever begins to listen makes the shell say the state again, to all: only changes count here.
    desktop.onEngine((engine) => {
      if (JSON.stringify(engine) !== JSON.stringify(noted.engines.at(-1))) noted.engines.push(engine);
    });
    desktop.onCommand((command) => void noted.commands.push(command));
  });
}

const engines = (page: Page) => page.evaluate(() => window.noted.engines);
const commands = (page: Page) => page.evaluate(() => window.noted.commands);

test.describe('the desktop shell', () => {
  let desktop: Desktop;
  test.beforeEach(async () => {
    desktop = await launchDesktop();
    await desktop.runningEngine();
    await noteShell(desktop.page);
  });
  test.afterEach(async () => {
    await desktop?.close();
  });

  test('keeps the window when the engine is killed, says that it crashed and brings it back', async () => {
    const before = await desktop.enginePid();
    await desktop.killEngine();
    await expect
      .poll(async () => (await engines(desktop.page)).map(({ state }) => state))
      .toEqual(['running', 'down', 'starting', 'running']);
    const down = (await engines(desktop.page))[1];
    expect(down).toMatchObject({ kind: 'crash', retryInMs: 500 });
    expect(await desktop.enginePid()).not.toBe(before);
  });

  test('restarts the engine when the operator asks, after draining it', async () => {
    const before = await desktop.enginePid();
    await desktop.page.evaluate(() =>
      (window as unknown as { readonly desktop: DesktopBridge }).desktop.restartEngine(),
    );
    await expect
      .poll(async () => (await engines(desktop.page)).map(({ state }) => state))
      .toEqual(['running', 'starting', 'running']);
    expect(await desktop.enginePid()).not.toBe(before);
  });

  test('gives the page the bridge and nothing else of Electron or Node', async () => {
    const found = await desktop.page.evaluate(() => ({
      globals: ['require', 'process', 'module', 'electron', 'ipcRenderer', 'Buffer'].filter(
        (name) => name in window,
      ),
      bridge: Object.keys((window as unknown as { readonly desktop: DesktopBridge }).desktop).sort(),
    }));
    expect(found.globals).toEqual([]);
    expect(found.bridge).toEqual([
      'onCommand',
      'onEngine',
      'openExternal',
      'pathOfFile',
      'pickModelFile',
      'pickModelFolder',
      'platform',
      'reportServing',
      'restartEngine',
      'reveal',
    ]);
  });

  test('lets the page reach neither the web, nor files, nor permissions, nor other windows', async () => {
    const { page, app } = desktop;
    const outcome = await page.evaluate(async () => {
      const refused = (attempt: Promise<unknown>) =>
        attempt.then(
          () => 'allowed',
          () => 'refused',
        );
      return {
        web: await refused(fetch('https://example.com/')),
        // An inline script, which the content security policy forbids.
        inline: (() => {
          const script = document.createElement('script');
          script.textContent = 'window.inlineRan = true';
          document.head.append(script);
          return 'inlineRan' in window;
        })(),
        outside: (await fetch('/..%2f..%2fpackage.json')).status,
        camera: await refused(navigator.mediaDevices.getUserMedia({ video: true })),
        opened: window.open('file:///etc/passwd') !== null,
      };
    });
    expect(outcome).toEqual({
      web: 'refused',
      inline: false,
      outside: 404,
      camera: 'refused',
      opened: false,
    });
    expect(app.windows()).toHaveLength(1);
  });

  test('refuses calls with arguments of the wrong kind', async () => {
    const messages = await desktop.page.evaluate(async () => {
      const { desktop: shell } = window as unknown as { readonly desktop: DesktopBridge };
      const messageOf = (call: Promise<unknown>) =>
        call.then(
          () => 'none',
          (error: Error) => error.message,
        );
      return [
        await messageOf(shell.reveal('relative/path')),
        await messageOf(shell.openExternal('file:///etc/passwd')),
        await messageOf(shell.openExternal(7 as unknown as string)),
      ];
    });
    expect(messages[0]).toContain('absolute path');
    expect(messages[1]).toContain('http or https');
    expect(messages[2]).not.toBe('none');
  });

  test('takes the files of a second start, which ends at once', async () => {
    const executable = process.env.FERRY_TEST_ELECTRON ?? '';
    const sandbox = process.env.FERRY_TEST_NO_SANDBOX ? ['--no-sandbox'] : [];
    const args = [...sandbox, appFolder, `--user-data-dir=${desktop.userDataDir}`, 'some/model.onnx'];
    const second = spawn(executable, args, { cwd: appFolder, stdio: 'ignore' });
    expect(await once(second, 'exit')).toEqual([0, null]);
    await expect
      .poll(() => commands(desktop.page))
      .toEqual([{ kind: 'open-model', path: expect.stringMatching(/some[\\/]model\.onnx$/) }]);
  });

  test('quits with status 0 and leaves no engine behind', async () => {
    const { controlUrl } = await desktop.runningEngine();
    expect((await fetch(controlUrl)).status).toBe(200);
    expect(await desktop.close()).toBe(0);
    await expect(fetch(controlUrl)).rejects.toThrow('fetch failed');
  });
});

test('says that a port is in use, with what to do, and does not try again', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const desktop = await launchDesktop({
    args: ['--http-port', String(port), '--control-port', '0', '--metrics-port', '0'],
  });
  try {
    await noteShell(desktop.page);
    await expect
      .poll(async () => (await engines(desktop.page)).at(-1))
      .toMatchObject({
        state: 'down',
        kind: 'exit',
        retryInMs: null,
        message: expect.stringContaining(String(port)),
      });
  } finally {
    await desktop.close();
    holder.close();
  }
});
