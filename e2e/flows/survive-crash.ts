import { expect } from '@playwright/test';
import { goTo, modelCard, modelEntry } from './screens';
import { type Session, SLOW } from './session';

/**
 * The engine is killed: the page stays and says so; when the engine is back, so are the models that were loaded, but not the
 * one that was unloaded before.
 */
export async function surviveCrash(session: Session): Promise<void> {
  const { page } = session;
  await goTo(page, 'Models');
  await modelEntry(page, 'ocr-detection').click();
  await page.getByRole('button', { name: 'Unload', exact: true }).click();
  await expect(modelEntry(page, 'ocr-detection')).toContainText('unavailable', SLOW);
  await goTo(page, 'Overview');

  await session.killEngine();
  await expect(page.getByText(session.goneWords)).toBeVisible(SLOW);
  await expect(modelCard(page, 'demo-mlp')).toBeVisible();
  const { inferenceUrl } = await session.revive();

  await expect(page.getByText(session.goneWords)).toBeHidden(SLOW);
  await expect(page.getByText('engine running')).toBeVisible(SLOW);
  await expect(modelCard(page, 'demo-mlp')).toContainText('ready', SLOW);
  await expect(modelCard(page, 'ocr-recognition')).toContainText('ready', SLOW);
  await expect(modelCard(page, 'ocr-detection')).toContainText('unavailable');
  await expectAnswer(inferenceUrl);
}

/** One row through the demo model: the answer has as many numbers as the model promises. */
export async function expectAnswer(inferenceUrl: string): Promise<void> {
  const data = new Array<number>(512).fill(0.5);
  const response = await fetch(`${inferenceUrl}/v2/models/demo-mlp/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 512], data }] }),
  });
  expect(response.status).toBe(200);
  const answer = (await response.json()) as { outputs: { shape: number[]; data: number[] }[] };
  expect(answer.outputs[0]?.shape).toEqual([1, 512]);
  expect(answer.outputs[0]?.data).toHaveLength(512);
  expect(answer.outputs[0]?.data.every(Number.isFinite)).toBe(true);
}
