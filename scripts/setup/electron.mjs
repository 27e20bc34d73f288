import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  distVersion,
  fallbackFolder,
  fallbackVersion,
  isFallbackPossible,
  isFallbackReady,
  putStub,
  unpackFallback,
} from './electron-fallback.mjs';
import { isAtLeast, oldestNodeForElectron } from './node-version.mjs';
import { fromRoot } from './paths.mjs';
import { run } from './run.mjs';
import { readStamp, writeStamp } from './stamp.mjs';
import { StepError } from './step.mjs';

/**
 * @typedef {object} Electron
 * @property {string} executable
 * @property {string} folder its dist folder
 * @property {string} version
 * @property {'package' | 'fallback' | 'given'} kind from the electron package, the stand-in, or named by the environment
 */

/** @typedef {import('./step.mjs').StepOutcome & { electron?: Electron }} ElectronOutcome */

const downloadTimeoutMs = 120_000;
const stampName = 'electron-refused';
const packageFolder = fromRoot('node_modules', 'electron');

/** @type {Record<string, string>} */
const executableNames = { win32: 'electron.exe', darwin: 'Electron.app/Contents/MacOS/Electron' };
const executableName = executableNames[process.platform] ?? 'electron';

/**
 * Finds an Electron to run: the one that package.json names where it can be had, else the stand-in, else none.
 * @returns {Promise<ElectronOutcome>}
 */
export async function prepareElectron() {
  const given = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (given) return found(given, 'given', 'named by ELECTRON_OVERRIDE_DIST_PATH', false);
  const wanted = wantedVersion();
  if (isInstalled(wanted)) return found(join(packageFolder, 'dist'), 'package', '', false);
  const refusal = await tryPackage(wanted);
  if (refusal === undefined) return found(join(packageFolder, 'dist'), 'package', 'downloaded', true);
  return fallBack(refusal);
}

/**
 * @param {string} refusal
 * @returns {Promise<ElectronOutcome>}
 */
async function fallBack(refusal) {
  if (!isFallbackPossible) {
    return { text: `none: ${refusal}; the console opens in a browser instead`, timed: false, warn: true };
  }
  const isReady = isFallbackReady();
  if (isReady) putStub();
  else await unpackFallback();
  return found(fallbackFolder, 'fallback', `the fallback: ${refusal}`, !isReady);
}

/**
 * @param {string} folder
 * @param {Electron['kind']} kind
 * @param {string} remark
 * @param {boolean} timed
 * @returns {ElectronOutcome}
 */
function found(folder, kind, remark, timed) {
  const executable = join(folder, executableName);
  if (!existsSync(executable)) throw new StepError(`there is no Electron in ${folder}`);
  const version = kind === 'fallback' ? fallbackVersion : distVersion(folder);
  const text = `Electron ${version}${remark ? `, ${remark}` : ''}`;
  return {
    text: timed ? `${text}; done` : text,
    timed,
    warn: kind === 'fallback',
    electron: { executable, folder, version, kind },
  };
}

/** @returns {string} */
function wantedVersion() {
  return JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')).version;
}

/** @param {string} wanted */
function isInstalled(wanted) {
  const dist = join(packageFolder, 'dist');
  return (
    existsSync(join(dist, executableName)) &&
    existsSync(join(dist, 'version')) &&
    distVersion(dist) === wanted
  );
}

/**
 * Runs the electron package's own installer. A download that was refused is not tried again until the version or the
 * Node in use changes, or .ferry/ is deleted.
 * @param {string} wanted
 * @returns {Promise<string | undefined>} why it is not to be had, or undefined when it was installed
 */
async function tryPackage(wanted) {
  const node = process.versions.node;
  if (!isAtLeast(node, oldestNodeForElectron)) {
    return `the installer of electron ${wanted} needs Node ${oldestNodeForElectron} or newer, this is ${node}`;
  }
  const attempt = `${wanted} on Node ${node}`;
  const refused = /** @type {{ attempt: string, why: string } | undefined} */ (readStamp(stampName));
  if (refused?.attempt === attempt) return refused.why;
  const { status, timedOut } = await run(process.execPath, [join(packageFolder, 'install.js')], {
    timeoutMs: downloadTimeoutMs,
  });
  if (status === 0 && isInstalled(wanted)) return undefined;
  const why = timedOut
    ? `the download of electron ${wanted} took over ${downloadTimeoutMs / 1000} s`
    : `the download of electron ${wanted} cannot be reached`;
  writeStamp(stampName, { attempt, why });
  return why;
}
