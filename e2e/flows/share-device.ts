import { expect, type Page } from '@playwright/test';
import { goTo, modelCard, modelEntry } from './screens';
import { type Session, SLOW } from './session';

const MODELS = ['demo-mlp', 'ocr-orientation', 'ocr-detection'];

/**
 * Three models on one device: one is switched to auto with an SLO and put under load, and the console shows who takes the
 * device's time and memory, what the batches cost, and what was predicted of them.
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
  await expect(page.getByRole('list', { name: 'Flags on the charts' })).toContainText('settings');

  await goTo(page, 'Models');
  await modelEntry(page, 'demo-mlp').click();
  await page.getByRole('tab', { name: 'Cost curve' }).click();
  // Measured while the model is loaded; until then the tab says how it comes about.
  const curve = page.getByRole('img', { name: /^Time of a batch by its size.*best size \d+; SLO 50 ms$/ });
  await expect(curve.or(page.getByRole('heading', { name: 'Not measured yet' }))).toBeVisible(SLOW);
  await page.getByRole('tab', { name: 'Batches' }).click();
  await expect(page.getByText(/^Predicted against measured/)).toBeVisible(SLOW);
  await expect(page.getByRole('columnheader', { name: 'Ratio' })).toBeVisible();

  await goTo(page, 'Load test');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('region', { name: 'Load test result' })).toContainText('Stopped early', SLOW);
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
