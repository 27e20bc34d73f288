import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { type Desktop, launchDesktop } from './fixtures/desktop';
import { collectFaults, type PageFaults } from './fixtures/page-faults';
import { type Session, testJourneys } from './flows';

/** What the native dialog answers; everything behind it is real. */
async function answerFileDialog({ app }: Desktop, path: string): Promise<void> {
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
  }, path);
}

/** Names of the log files that hold this text. */
const logsWith = (text: string, userDataDir: string): readonly string[] =>
  readdirSync(join(userDataDir, 'logs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.\w+$/.test(name))
    .filter((name) => readFileSync(join(userDataDir, 'logs', name), 'utf8').includes(text));

test.describe('the desktop app', () => {
  let desktop: Desktop;
  let session: Session;
  let faults: PageFaults;
  let token: string;

  test.beforeEach(async () => {
    desktop = await launchDesktop();
    const { page } = desktop;
    faults = collectFaults(page);
    ({ token } = await desktop.runningEngine());
    const address = page.getByRole('button', { name: 'Copy the inference address' });
    await expect(address).toContainText(/\d:\d/, { timeout: 60_000 });
    const inferenceUrl = async () => `http://${(await address.innerText()).trim()}`;
    session = {
      page,
      inferenceUrl: await inferenceUrl(),
      goneWords: /The engine crashed/,
      chooseFile: async (path) => {
        await answerFileDialog(desktop, path);
        await page.getByRole('dialog').getByRole('button', { name: 'Choose file…' }).click();
      },
      killEngine: () => desktop.killEngine(),
      revive: async () => {
        await expect(page.getByText('engine running')).toBeVisible({ timeout: 60_000 });
        // The page shows the engine it knew until it hears of the new one, whose doors open once its models are loaded.
        let url = '';
        await expect(async () => {
          url = await inferenceUrl();
          expect((await fetch(`${url}/v2/health/live`)).status).toBe(200);
        }).toPass({ timeout: 60_000 });
        return { inferenceUrl: url };
      },
    };
  });

  test.afterEach(async () => {
    if (!desktop) return;
    expect(logsWith(token, desktop.userDataDir)).toEqual([]);
    await desktop.close();
  });

  testJourneys('desktop', () => ({ session, faults }));
});
