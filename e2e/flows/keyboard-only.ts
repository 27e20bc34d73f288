import { expect, type Page } from '@playwright/test';
import { expectScreen, type ScreenName } from './screens';
import { type Session, SLOW } from './session';

const KEYS: readonly (readonly [key: string, screen: ScreenName])[] = [
  ['2', 'Models'],
  ['3', 'Load test'],
  ['4', 'Logs'],
  ['5', 'Settings'],
  ['1', 'Overview'],
];

/** More than any screen has places to stop at. */
const MAX_TABS = 80;

/** Without a pointer: screens by number, the palette, the list of shortcuts, pausing, and a slider reached by Tab. */
export async function useKeyboardOnly({ page }: Session): Promise<void> {
  await expect(page.getByRole('article').first()).toBeVisible(SLOW);
  for (const [key, screen] of KEYS) {
    await page.keyboard.press(key);
    await expectScreen(page, screen);
  }
  await pauseAndResume(page);
  await readShortcuts(page);
  await goByPalette(page);
  await moveSliderByTab(page);
}

async function pauseAndResume(page: Page): Promise<void> {
  await page.keyboard.press('Space');
  await expect(page.getByText('The charts are paused')).toBeVisible();
  await page.keyboard.press('Space');
  await expect(page.getByText('The charts are paused')).toBeHidden();
}

async function readShortcuts(page: Page): Promise<void> {
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(dialog).toContainText('Pause the charts');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
}

async function goByPalette(page: Page): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k');
  const search = page.getByRole('textbox', { name: 'Search' });
  await expect(search).toBeFocused();
  await page.keyboard.type('simulated');
  await expect(page.getByRole('button', { name: /simulated-gpu/ }).first()).toBeVisible();
  await page.keyboard.press('Enter');
  await expectScreen(page, 'Models');
  await expect(page.getByRole('heading', { name: 'simulated-gpu' })).toBeVisible();
  await expect(search).toBeHidden();
}

async function moveSliderByTab(page: Page): Promise<void> {
  const slider = page.getByRole('slider', { name: 'Max batch size' });
  await expect(slider).toBeVisible();
  for (let tabs = 0; tabs < MAX_TABS && !(await isFocused(slider)); tabs++) await page.keyboard.press('Tab');
  await expect(slider).toBeFocused();
  const before = Number(await slider.getAttribute('aria-valuenow'));
  await page.keyboard.press('ArrowLeft');
  await expect.poll(async () => Number(await slider.getAttribute('aria-valuenow'))).toBeLessThan(before);
  await expect(page.getByText(/^applied at/)).toBeVisible(SLOW);
}

const isFocused = (locator: ReturnType<Page['getByRole']>) =>
  locator.evaluate((element) => element === element.ownerDocument.activeElement);
