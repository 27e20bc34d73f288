import { mkdirSync, writeFileSync } from 'node:fs';
import { prepareChromium } from '../setup/chromium.mjs';
import { hasDisplay } from '../setup/display.mjs';
import { prepareElectron } from '../setup/electron.mjs';
import { ferryDir, starterModelsDir, testEnvFile } from '../setup/paths.mjs';
import { sandboxRefusal } from '../setup/sandbox.mjs';
import { step } from '../setup/step.mjs';
import { prepareLibraries } from '../setup/system-libraries.mjs';

/**
 * What the end-to-end tests run on. Kept in .ferry/test-env.json, so that they run outside `npm test` as well.
 * @typedef {object} TestEnv
 * @property {string | null} electron the executable
 * @property {string | null} electronVersion
 * @property {string | null} chromium the executable
 * @property {boolean} noSandbox whether Chromium's sandbox has to be off
 * @property {boolean} xvfb whether windows need xvfb-run
 * @property {string} starterModels
 * @property {string | null} desktopReason why no window can be opened
 * @property {string | null} browserReason why there is no browser
 */

/** @returns {TestEnv} */
export function emptyTestEnv() {
  return {
    electron: null,
    electronVersion: null,
    chromium: null,
    noSandbox: sandboxRefusal('') !== undefined,
    xvfb: !hasDisplay(),
    starterModels: starterModelsDir,
    desktopReason: 'Electron was not prepared',
    browserReason: 'no browser was looked for',
  };
}

/** @returns {Promise<TestEnv>} */
export async function prepareTestEnv() {
  const { electron, text } = await step('electron', prepareElectron);
  const { missing } = await step('libraries', () => prepareLibraries(electron?.executable));
  const browser = await step('chromium', prepareChromium);
  const env = {
    ...emptyTestEnv(),
    electron: electron?.executable ?? null,
    electronVersion: electron?.version ?? null,
    noSandbox: sandboxRefusal(electron?.folder ?? '') !== undefined,
    chromium: browser.chromium ?? null,
    desktopReason: whyNoDesktop(electron === undefined ? text : undefined, missing),
    browserReason: browser.reason ?? null,
  };
  mkdirSync(ferryDir, { recursive: true });
  writeFileSync(testEnvFile, `${JSON.stringify(env, null, 2)}\n`);
  return env;
}

/**
 * @param {string | undefined} noElectron
 * @param {string[]} missing
 */
function whyNoDesktop(noElectron, missing) {
  if (noElectron !== undefined) return `Electron: ${noElectron}`;
  return missing.length > 0 ? `this machine lacks ${missing.join(', ')}` : null;
}
