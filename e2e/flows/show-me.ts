import { expect } from '@playwright/test';
import { goTo } from './screens';
import type { Session } from './session';

/** The show takes about half a minute; a machine that is busy with something else may stretch it. */
const SHOW = { timeout: 120_000 } as const;

/** "Show me" at full length: off, then on, and one sentence with both rates and both latencies. The settings are back afterwards. */
export async function watchTheShow({ page, inferenceUrl }: Session): Promise<void> {
  await goTo(page, 'Overview');
  const before = await batchingOf(inferenceUrl);
  const show = page.getByRole('group', { name: 'Show me what batching does' });
  await show.getByRole('button', { name: 'Show me' }).click();
  await expect(show).toContainText('1 of 2: batching off', SHOW);
  await expect(show.getByRole('progressbar')).toBeVisible();
  await expect(show).toContainText('2 of 2: batching on', SHOW);
  const sentence = show.getByRole('status', { name: 'Result of the show' });
  await expect(sentence).toHaveText(/^On this machine batching .*[\d,.]+ → [\d,.]+.*p95 .* ms → .* ms/, SHOW);
  await expect(show).toContainText(/Batching on[\d,.]+ req\/s.*mean batch [\d.]+/);
  await expect(show.getByRole('button', { name: 'Show me again' })).toBeEnabled();
  expect(await batchingOf(inferenceUrl)).toEqual(before);
}

/** What the data plane says of the demo model: the show must leave it as it was. */
async function batchingOf(inferenceUrl: string): Promise<unknown> {
  const response = await fetch(`${inferenceUrl}/v2/models/demo-mlp`);
  expect(response.status).toBe(200);
  return response.json();
}
