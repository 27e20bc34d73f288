import { aptFirstKnown, aptInstall, aptRefusal } from './apt.mjs';
import { hasDisplay } from './display.mjs';
import { run, which } from './run.mjs';
import { runTool } from './tool.mjs';

/**
 * @typedef {object} Libraries
 * @property {string[]} missing what the window still lacks
 */

/** @typedef {import('./step.mjs').StepOutcome & Libraries} LibrariesOutcome */

/**
 * What an Electron or Chromium executable links and this machine lacks.
 * @param {string} executable
 */
export async function missingLibraries(executable) {
  if (process.platform !== 'linux') return [];
  const { status, stdout } = await run('ldd', [executable]);
  return status === 0 ? parseLdd(stdout) : [];
}

/**
 * @param {string} text what ldd prints
 * @returns {string[]} the names it could not find
 */
export function parseLdd(text) {
  return [...text.matchAll(/^\s*(\S+) => not found$/gm)].map((match) => match[1] ?? '');
}

/**
 * Brings what a test needs to open Electron's window on this machine: its libraries, and Xvfb where there is no display.
 * @param {string | undefined} executable Electron's
 * @returns {Promise<LibrariesOutcome>}
 */
export async function prepareLibraries(executable) {
  const missing = await missingForWindow(executable);
  if (missing.length === 0) return { text: 'all there', timed: false, missing };
  const refusal = await aptRefusal();
  if (refusal !== undefined) return lacking(missing, refusal);
  const { output } = await installLibraries();
  const left = await missingForWindow(executable);
  return left.length === 0
    ? { text: `installed (for ${missing.join(', ')})`, missing: [] }
    : lacking(left, `apt-get did not bring them: ${output.trimEnd().split('\n').at(-1)}`);
}

/** @param {string | undefined} executable */
async function missingForWindow(executable) {
  const missing = executable === undefined ? [] : await missingLibraries(executable);
  if (!hasDisplay()) {
    if ((await which('xvfb-run')) === undefined) missing.push('xvfb-run');
    if ((await which('xauth')) === undefined) missing.push('xauth');
  }
  return missing;
}

async function installLibraries() {
  // Playwright knows what Chromium needs on each distribution; GTK is what Electron needs beyond it.
  await runTool('playwright', ['install-deps', 'chromium'], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  const gtk = await aptFirstKnown(['libgtk-3-0t64', 'libgtk-3-0']);
  return aptInstall([gtk ?? 'libgtk-3-0', 'xvfb', 'xauth']);
}

/**
 * @param {string[]} missing
 * @param {string} why
 * @returns {LibrariesOutcome}
 */
const lacking = (missing, why) => ({
  text: `lacking ${missing.join(', ')}: ${why}`,
  warn: true,
  timed: false,
  missing,
});
