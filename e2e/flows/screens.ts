import { expect, type Locator, type Page } from '@playwright/test';

export type ScreenName = 'Overview' | 'Models' | 'Load test' | 'Logs' | 'Settings';

/** Goes to a screen by the rail. */
export async function goTo(page: Page, screen: ScreenName): Promise<void> {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: screen }).click();
  await expectScreen(page, screen);
}

export const expectScreen = (page: Page, screen: ScreenName) =>
  expect(page.getByRole('main', { name: screen, exact: true })).toBeVisible();

/** A model's card on the Overview. */
export const modelCard = (page: Page, name: string): Locator =>
  page.getByRole('article', { name, exact: true });

/** A model's entry in the list of the Models screen. */
export const modelEntry = (page: Page, name: string): Locator =>
  page.getByRole('list', { name: 'Models' }).getByRole('link', { name });

/** A number of "Right now" beside the sliders; NaN while there is none. */
export async function liveNumber(page: Page, label: 'Requests/s' | 'Mean batch'): Promise<number> {
  const group = page.getByRole('group', { name: 'Right now' });
  const text = await group.locator(`[data-live="${label}"]`).innerText();
  return Number.parseFloat(text.replaceAll(',', ''));
}

/** Moves a slider with the keyboard to a value that is one of its stops. */
export async function moveSlider(page: Page, name: string, value: number): Promise<void> {
  const slider = page.getByRole('slider', { name });
  const now = async () => Number(await slider.getAttribute('aria-valuenow'));
  await slider.focus();
  for (let steps = 0; steps < 100 && (await now()) !== value; steps++)
    await slider.press((await now()) < value ? 'ArrowRight' : 'ArrowLeft');
  await expect(slider).toHaveAttribute('aria-valuenow', String(value));
}
