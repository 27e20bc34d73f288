import { existsSync } from 'node:fs';
import { aptInstall, aptRefusal } from './apt.mjs';
import { which } from './run.mjs';
import { runTool } from './tool.mjs';

/** @typedef {import('./step.mjs').StepOutcome & { chromium?: string, reason?: string }} ChromiumOutcome */

const probeTimeoutMs = 5000;
const downloadTimeoutMs = 300_000;
const namesOnPath = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const macChrome = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/**
 * Finds a browser for the headless journeys: one that is there, else Playwright's own, else Debian's.
 * @returns {Promise<ChromiumOutcome>}
 */
export async function prepareChromium() {
  const present = (await playwrightChromium()) ?? (await installedChromium());
  if (present !== undefined) return { text: present, timed: false, chromium: present };
  if (await isDownloadReachable()) {
    await runTool('playwright', ['install', 'chromium'], { timeoutMs: downloadTimeoutMs });
    const downloaded = await playwrightChromium();
    if (downloaded !== undefined) return { text: "Playwright's own, downloaded", chromium: downloaded };
  }
  return fromDebian();
}

/** @returns {Promise<ChromiumOutcome>} */
async function fromDebian() {
  const refusal = await aptRefusal();
  if (refusal !== undefined)
    return none(`no browser here, Playwright's cannot be downloaded, and ${refusal}`);
  const { output } = await aptInstall(['chromium']);
  const chromium = await installedChromium();
  if (chromium === undefined)
    return none(`apt-get brought no chromium: ${output.trimEnd().split('\n').at(-1)}`);
  return { text: `${chromium}, installed`, chromium };
}

/** The browser that Playwright downloaded before, if any. */
async function playwrightChromium() {
  const { chromium } = await import('playwright');
  const path = chromium.executablePath();
  return path && existsSync(path) ? path : undefined;
}

async function installedChromium() {
  for (const name of namesOnPath) {
    const path = await which(name);
    if (path !== undefined) return path;
  }
  return existsSync(macChrome) ? macChrome : undefined;
}

/** Asks for the head of the file that Playwright would fetch, so that a closed network costs seconds, not minutes. */
async function isDownloadReachable() {
  const { stdout } = await runTool('playwright', ['install', 'chromium', '--dry-run']);
  const url = /Download url:\s+(\S+)/.exec(stdout)?.[1];
  if (url === undefined) return false;
  try {
    const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(probeTimeoutMs) });
    return answer.ok;
  } catch {
    return false;
  }
}

/**
 * @param {string} reason
 * @returns {ChromiumOutcome}
 */
const none = (reason) => ({ text: reason, warn: true, timed: false, reason });
