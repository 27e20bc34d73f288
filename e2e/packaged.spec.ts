import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { type Desktop, launchDesktop } from './fixtures/desktop';
import { collectFaults } from './fixtures/page-faults';
import { appFolder } from './fixtures/test-env';
import { expectAnswer } from './flows';

/** Where the executable lies in the folder that electron-builder makes, by platform. */
const PACKED: Readonly<Record<string, readonly [folder: RegExp, executable: string]>> = {
  linux: [/^linux(-\w+)?-unpacked$/, 'ferry'],
  darwin: [/^mac(-\w+)?$/, 'Ferry.app/Contents/MacOS/Ferry'],
  win32: [/^win(-\w+)?-unpacked$/, 'Ferry.exe'],
};

/** The packed app; null when nothing is packed. */
function packedApp(): string | null {
  const dist = join(appFolder, 'dist');
  const [folder, executable] = PACKED[process.platform] ?? [];
  if (!folder || !executable || !existsSync(dist)) return null;
  const found = readdirSync(dist)
    .filter((name) => folder.test(name))
    .map((name) => join(dist, name, executable));
  return found.find((path) => existsSync(path)) ?? null;
}

test('the packaged app starts, shows its models and answers an inference over HTTP', async () => {
  const packaged = packedApp();
  const reason = `there is no packaged app under dist/ for ${process.platform}: run npm run package first`;
  if (packaged === null) console.log(`  packaged: skipped, ${reason}`);
  test.skip(packaged === null, reason);
  const desktop: Desktop = await launchDesktop({ packaged: packaged ?? '' });
  try {
    const { page } = desktop;
    const faults = collectFaults(page);
    await desktop.runningEngine();
    const address = page.getByRole('button', { name: 'Copy the inference address' });
    await expect(address).toContainText(/\d:\d/, { timeout: 60_000 });
    const inferenceUrl = `http://${(await address.innerText()).trim()}`;
    await expectAnswer(await ready(inferenceUrl));
    await expect(page.getByRole('article', { name: 'demo-mlp' })).toContainText('ready');
    expect(await desktop.app.evaluate(({ app }) => app.isPackaged)).toBe(true);
    expect(faults.all()).toEqual([]);
    expect(await desktop.close()).toBe(0);
  } finally {
    await desktop.close();
  }
});

/** Waits until the demo model is loaded. */
async function ready(inferenceUrl: string): Promise<string> {
  await expect
    .poll(async () => (await fetch(`${inferenceUrl}/v2/models/demo-mlp/ready`)).status, { timeout: 60_000 })
    .toBe(200);
  return inferenceUrl;
}
