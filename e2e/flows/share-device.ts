import { expect, type Page } from '@playwright/test';
import { goTo, modelCard, modelEntry } from './screens';
import { type Session, SLOW } from './session';

const MODELS = ['demo-mlp', 'ocr-orientation', 'ocr-detection'];

/**
 * Three models on one device: one is switched to auto with an SLO and put under load, and the console shows who takes the
 * device's time and memory, what changed, what the batches cost, and what was predicted of them.
 */
export async function shareDevice({ page }: Session): Promise<void> {
  for (const name of MODELS) await expect(modelCard(page, name)).toContainText('ready', SLOW);
  await switchToAuto(page);
  await startLoad(page);
  await goTo(page, 'Overview');
  const device = page.getByRole('region', { name: 'Devices' }).getByRole('group', { name: 'Device cpu' });
  await expect(device.getByRole('img', { name: /^Device time by model,.*demo-mlp (9\d|100)/ })).toBeVisible(
    SLOW,
  );
  const memory = device.getByRole('img', { name: /^Reserved memory by model/ });
  for (const name of MODELS) await expect(memory).toHaveAccessibleName(new RegExp(`${name} [\\d.]+ [KMG]iB`));
  await expect(memory).toHaveAccessibleName(/iB free$/);
  await readChanges(page);

  await goTo(page, 'Models');
  await modelEntry(page, 'demo-mlp').click();
  await seeCurveAndPredictions(page);
  await refuseSlo(page);

  await goTo(page, 'Load test');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('region', { name: 'Load test result' })).toContainText('Stopped early', SLOW);
}

/** The flags on the charts in words, one after the other by the arrows: the row with the focus is told on the charts as well. */
async function readChanges(page: Page): Promise<void> {
  const list = page.getByRole('list', { name: 'Flags on the charts' });
  await expect(list).toContainText('settings');
  await expect(list).toContainText('SLO none → 50 ms');
  const change = list.getByRole('button', { name: 'batching fixed → auto' });
  await list.getByRole('button').first().focus();
  for (let steps = 0; steps < 40; steps++) {
    if (await change.evaluate((row) => row === row.ownerDocument.activeElement)) break;
    await page.keyboard.press('ArrowDown');
  }
  await expect(change).toBeFocused();
  const bubble = page.getByRole('group', { name: 'Throughput chart' }).getByText('batching fixed → auto');
  await expect(bubble.last()).toBeVisible();
}

/** The curve is measured while the model is loaded and serves; predictions begin with it. */
async function seeCurveAndPredictions(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Cost curve' }).click();
  await expect(
    page.getByRole('img', { name: /^Time of a batch by its size.*best size \d+; SLO 50 ms$/ }),
  ).toBeVisible(SLOW);
  await expect(page.getByRole('table', { name: 'Cost by batch size' })).toContainText(/best: \d+/);
  await page.getByRole('tab', { name: 'Batches' }).click();
  await expect(
    page.getByRole('img', { name: /^Predicted against measured times of batches: measured is \d+ %/ }),
  ).toBeVisible(SLOW);
  await expect(page.getByRole('table', { name: 'Last batches' })).toContainText(/\d\.\d\d×/);
}

/** One row alone takes longer than that: refused in words, with the SLO of before still in force. */
async function refuseSlo(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Settings' }).click();
  const slo = page.getByRole('textbox', { name: 'SLO' });
  await slo.fill('0.1');
  await slo.press('Enter');
  await expect(page.getByRole('alert')).toContainText(
    /Not applied: SLO \(ms\) is 0\.1; one row alone takes [\d.]+ ms here/,
    SLOW,
  );
  await expect(slo).toHaveValue('50 ms');
  await slo.fill('60');
  await slo.press('Enter');
  await expect(page.getByRole('status', { name: /^SLO: applied at/ })).toBeVisible(SLOW);
}

async function switchToAuto(page: Page): Promise<void> {
  await goTo(page, 'Models');
  await modelEntry(page, 'demo-mlp').click();
  const batching = page.getByRole('radiogroup', { name: 'Batching' });
  // The radio button itself is under its label, as everywhere in the component library.
  await batching.getByText('Auto', { exact: true }).click();
  await expect(page.getByRole('status', { name: /^Batching: applied at/ })).toBeVisible(SLOW);
  const slo = page.getByRole('textbox', { name: 'SLO' });
  await slo.fill('50');
  await slo.press('Enter');
  await expect(page.getByRole('status', { name: /^SLO: applied at/ })).toBeVisible(SLOW);
}

async function startLoad(page: Page): Promise<void> {
  await goTo(page, 'Load test');
  const form = page.getByRole('form', { name: 'Load test scenario' });
  await expect(form.getByLabel('Model', { exact: true })).toHaveValue('demo-mlp', SLOW);
  await form.getByRole('textbox', { name: 'Clients' }).fill('16');
  await form.getByLabel('Duration').fill('60');
  await form.getByLabel('Warm-up').fill('1');
  await form.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByRole('progressbar', { name: 'Load test progress' })).toBeVisible(SLOW);
}
