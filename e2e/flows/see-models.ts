import { readdirSync } from 'node:fs';
import { expect } from '@playwright/test';
import { starterModels } from '../fixtures/test-env';
import { modelCard } from './screens';
import { type Session, SLOW } from './session';

/** After the start: every starter model has a card, is ready, and the address is there to copy. */
export async function seeModels({ page, inferenceUrl }: Session): Promise<void> {
  const names = readdirSync(starterModels);
  expect(names).toContain('demo-mlp');
  for (const name of names) await expect(modelCard(page, name)).toContainText('ready', SLOW);
  await expect(page.getByRole('article')).toHaveCount(names.length);
  await expect(modelCard(page, 'simulated-gpu')).toContainText('simulated');
  await expect(page.getByRole('region', { name: 'Engine' })).toContainText(inferenceUrl);
  for (const title of ['Throughput', 'Latency', 'Batch size', 'Why batches left', 'Device'])
    await expect(
      page
        .getByRole('group', { name: `${title} chart` })
        .locator('svg')
        .first(),
    ).toBeVisible();
}
