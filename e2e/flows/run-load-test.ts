import { expect, type Page } from '@playwright/test';
import { goTo, liveNumber, moveSlider } from './screens';
import { type Session, SLOW } from './session';

const CLIENTS = 32;

/** A load test from the form; while it runs the batch slider moves, and the mean batch follows it down and up. */
export async function runLoadTest({ page }: Session): Promise<void> {
  await goTo(page, 'Load test');
  const form = page.getByRole('form', { name: 'Load test scenario' });
  await expect(form.getByLabel('Model', { exact: true })).toHaveValue('demo-mlp', SLOW);
  await form.getByRole('textbox', { name: 'Clients' }).fill(String(CLIENTS));
  await form.getByLabel('Duration').fill('90');
  await form.getByLabel('Warm-up').fill('1');
  await form.getByLabel('Label').fill('the journey');
  await form.getByRole('button', { name: 'Start' }).click();

  const result = page.getByRole('region', { name: 'Load test result' });
  await expect(result.getByRole('progressbar', { name: 'Load test progress' })).toBeVisible(SLOW);
  await expect.poll(() => liveNumber(page, 'Mean batch'), SLOW).toBeGreaterThan(4);
  await moveSlider(page, 'Max batch size', 1);
  await expect.poll(() => liveNumber(page, 'Mean batch'), SLOW).toBe(1);
  await moveSlider(page, 'Max batch size', 8);
  await expect.poll(() => liveNumber(page, 'Mean batch'), SLOW).toBeGreaterThan(4);
  expect(await liveNumber(page, 'Mean batch')).toBeLessThanOrEqual(8);

  await goTo(page, 'Overview');
  const throughput = page.getByRole('group', { name: 'Throughput chart' });
  await expect(throughput).toContainText('max batch size', { ignoreCase: true });
  await expect.poll(() => throughput.locator('[class*=mark]').count()).toBeGreaterThanOrEqual(2);

  await pointAtAnInstant(page);

  await goTo(page, 'Load test');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(result).toContainText('Stopped early', SLOW);
  await expect(result).toContainText('No request failed');
  await expect(page.getByRole('table', { name: 'History' })).toContainText('the journey', SLOW);
}

/** The pointer over one chart shows the same instant on all of them. */
async function pointAtAnInstant(page: Page): Promise<void> {
  const chart = (name: string) => page.getByRole('group', { name: `${name} chart` });
  await chart('Throughput').locator('svg.recharts-surface').hover();
  const others = ['Latency', 'Batch size', 'Why batches left', 'Device'];
  for (const name of ['Throughput', ...others]) {
    await expect(chart(name).locator('figcaption')).toContainText(/−\d+ s/);
    await expect(chart(name).locator('[class*=crosshair]')).toHaveCount(1);
  }
  await page.mouse.move(0, 0);
  await expect(page.locator('[class*=crosshair]')).toHaveCount(0);
}
