import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../setup/build.mjs';
import { prepareElectron } from '../setup/electron.mjs';
import { fromRoot } from '../setup/paths.mjs';
import { prepareStarterModels } from '../setup/starter-models.mjs';
import { printLine, StepError, step } from '../setup/step.mjs';
import { runTool } from '../setup/tool.mjs';
import { packableDist } from './electron-dist.mjs';
import { makeDeb, makeTarball } from './linux-archives.mjs';
import { writeNotices } from './notices.mjs';

/**
 * @typedef {object} PackageOptions
 * @property {boolean} archives on Linux, a tar.gz and a deb made without downloads
 * @property {boolean} installers electron-builder's own targets; it fetches the tools they need
 * @property {boolean} [quiet] no lines of its own
 */

export const distDir = fromRoot('dist');

/** @type {Record<string, string>} */
const unpackedNames = { linux: 'linux-unpacked', darwin: 'mac', win32: 'win-unpacked' };
/** @type {Record<string, string>} */
const executables = { linux: 'ferry', darwin: 'Ferry.app/Contents/MacOS/Ferry', win32: 'Ferry.exe' };

/** The folder that electron-builder writes the app to; it names the processor where it is not an x64. */
function unpackedFolder() {
  const name = unpackedNames[process.platform] ?? 'linux-unpacked';
  const withArch =
    process.platform === 'darwin' ? `${name}-${process.arch}` : name.replace('-', `-${process.arch}-`);
  return join(distDir, process.arch === 'x64' ? name : withArch);
}

/**
 * Packs what is built into a folder that runs by itself, and into archives and installers where they are asked for.
 * @param {PackageOptions} options
 * @returns {Promise<{ folder: string, executable: string, archives: string[] }>}
 */
export async function packageApp({ archives, installers, quiet = false }) {
  const say = quiet ? quietly : step;
  await say('starter models', prepareStarterModels);
  await say('build', build);
  await say('notices', () => ({ text: `${writeNotices().count} licences`, timed: false }));
  const { dist } = await say('electron', electronToPack);
  await say('app', () => runBuilder(dist, installers));
  const folder = unpackedFolder();
  const executable = join(folder, executables[process.platform] ?? 'ferry');
  if (!existsSync(executable)) throw new StepError(`electron-builder left no ${executable}`);
  const made = archives && process.platform === 'linux' ? await makeArchives(folder) : [];
  if (!quiet) printLine('executable', executable);
  return { folder, executable, archives: made };
}

/**
 * @template T
 * @param {string} _name
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
const quietly = async (_name, work) => work();

/** @returns {Promise<import('../setup/step.mjs').StepOutcome & { dist: import('./electron-dist.mjs').Dist | undefined }>} */
async function electronToPack() {
  const { electron, text } = await prepareElectron();
  if (electron === undefined)
    return { text: `${text}; electron-builder fetches it`, timed: false, dist: undefined };
  return { text: `packs ${text}`, timed: false, dist: packableDist(electron) };
}

/**
 * @param {import('./electron-dist.mjs').Dist | undefined} dist
 * @param {boolean} installers
 */
async function runBuilder(dist, installers) {
  const args = ['--publish', 'never'];
  if (!installers) args.push('--dir');
  if (dist) args.push(`-c.electronVersion=${dist.version}`, `-c.electronDist=${dist.folder}`);
  const { status, output } = await runTool('electron-builder', args, { command: 'electron-builder' });
  if (status !== 0) throw new StepError('electron-builder did not finish', output);
  return { text: installers ? 'folder and installers' : 'folder' };
}

/** @param {string} folder */
async function makeArchives(folder) {
  const { version } = JSON.parse(readFileSync(fromRoot('package.json'), 'utf8'));
  const app = { folder, version, target: distDir };
  const tarball = await step('tar.gz', () => makeTarball(app));
  const deb = await step('deb', () => makeDeb(app));
  return [tarball.file, deb.file].filter((file) => file !== undefined);
}
