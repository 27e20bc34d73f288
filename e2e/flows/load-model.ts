import { readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { starterModels } from '../fixtures/test-env';
import { goTo, modelEntry } from './screens';
import { type Session, SLOW } from './session';

/** A real text-orientation model, small. Its file leaves all dimensions but the channels open and names them. */
const FILE = `${starterModels}/ocr-orientation/1/model.onnx`;
const NAME = 'from-a-file';

const isReady = async (inferenceUrl: string) =>
  (await fetch(`${inferenceUrl}/v2/models/${NAME}/ready`)).status === 200;

/** A model from a file: what it holds is shown before it is loaded; then it serves; then it is unloaded and does not. */
export async function loadAndUnloadModel(session: Session): Promise<void> {
  const { page, inferenceUrl } = session;
  await goTo(page, 'Models');
  await page.getByRole('button', { name: 'Load model' }).click();
  const dialog = page.getByRole('dialog', { name: 'Load model' });
  await session.chooseFile(FILE);

  const inputs = dialog.getByRole('table', { name: 'Inputs' });
  await expect(inputs).toContainText('FP32', SLOW);
  await expect(inputs.getByRole('img')).toHaveAccessibleName(/^\D\S* × 3 × \D\S* × \D\S*$/);
  await expect(dialog.getByRole('table', { name: 'Outputs' })).toContainText('FP32');
  expect(await isReady(inferenceUrl)).toBe(false);

  await dialog.getByLabel('Name').fill('not/a name');
  await expect(dialog.getByRole('button', { name: 'Load', exact: true })).toBeDisabled();
  await dialog.getByLabel('Name').fill(NAME);
  await dialog.getByRole('button', { name: 'Load', exact: true }).click();
  await expect(dialog).toBeHidden(SLOW);
  await expect(modelEntry(page, NAME)).toContainText('ready', SLOW);
  expect(await isReady(inferenceUrl)).toBe(true);

  await modelEntry(page, NAME).click();
  await page.getByRole('button', { name: 'Unload', exact: true }).click();
  await expect(modelEntry(page, NAME)).toContainText('unavailable', SLOW);
  expect(await isReady(inferenceUrl)).toBe(false);
}

/** A file that is no model: the dialog says what is wrong with it, and nothing else happens. */
export async function refuseBadFile(session: Session): Promise<void> {
  const { page } = session;
  const badFile = test.info().outputPath('bad.onnx');
  writeFileSync(badFile, 'this is not a model');
  await goTo(page, 'Models');
  const entries = page.getByRole('list', { name: 'Models' }).getByRole('link');
  const before = readdirSync(starterModels).length;
  await expect(entries).toHaveCount(before, SLOW);
  await page.getByRole('button', { name: 'Load model' }).click();
  const dialog = page.getByRole('dialog', { name: 'Load model' });
  await session.chooseFile(badFile);
  await expect(dialog.getByRole('alert')).toContainText('not an ONNX file', SLOW);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(entries).toHaveCount(before);
}
