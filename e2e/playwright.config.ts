import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

/** What set-up found on this machine; `npm test` writes it to .ferry/test-env.json before it comes here. */
interface TestEnv {
  readonly electron: string | null;
  readonly chromium: string | null;
  readonly noSandbox: boolean;
}

const fromRoot = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const envFile = fromRoot('.ferry/test-env.json');
const testEnv: TestEnv = existsSync(envFile)
  ? JSON.parse(readFileSync(envFile, 'utf8'))
  : { electron: null, chromium: null, noSandbox: false };

// The journeys read these; a value that is set already wins.
process.env.FERRY_TEST_ELECTRON ??= testEnv.electron ?? '';
process.env.FERRY_TEST_CHROMIUM ??= testEnv.chromium ?? '';
process.env.FERRY_TEST_NO_SANDBOX ??= testEnv.noSandbox ? '1' : '';

const isCi = Boolean(process.env.CI);
const jsonReport = process.env.PLAYWRIGHT_JSON_OUTPUT_NAME;

export default defineConfig({
  testDir: '.',
  outputDir: fromRoot('test-results'),
  // The journeys share ports, the GPU and two cores: one after the other.
  workers: 1,
  fullyParallel: false,
  forbidOnly: isCi,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: jsonReport ? [['list'], ['json', { outputFile: jsonReport }]] : [['list']],
  use: { trace: 'retain-on-failure', screenshot: 'only-on-failure' },
  projects: [
    { name: 'desktop', testMatch: ['desktop.spec.ts', 'desktop-shell.spec.ts', 'packaged.spec.ts'] },
    {
      name: 'browser',
      testMatch: ['headless.spec.ts'],
      use: {
        browserName: 'chromium',
        viewport: { width: 1440, height: 900 },
        launchOptions: {
          ...(process.env.FERRY_TEST_CHROMIUM ? { executablePath: process.env.FERRY_TEST_CHROMIUM } : {}),
          args: [
            ...(process.env.FERRY_TEST_NO_SANDBOX ? ['--no-sandbox'] : []),
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
            '--no-first-run',
          ],
        },
      },
    },
  ],
});
