import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ferryDir } from './paths.mjs';
import { run, which } from './run.mjs';

const toolFolder = join(ferryDir, 'promtool');
const unpacked = join(toolFolder, 'usr', 'bin', 'promtool');
const downloadTimeoutMs = 120_000;

/** The checker of Prometheus' own files: the one on PATH, else the one that set-up unpacked; undefined when there is none. */
export async function findPromtool() {
  return (await which('promtool')) ?? (existsSync(unpacked) ? unpacked : undefined);
}

/**
 * Finds it, or takes it alone out of Debian's package, whose other 280 MB are not installed. Tests that need it are skipped without.
 * @returns {Promise<import('./step.mjs').StepOutcome>}
 */
export async function preparePromtool() {
  const present = await findPromtool();
  if (present !== undefined) return { text: present, timed: false };
  if ((await which('apt-get')) === undefined || (await which('dpkg-deb')) === undefined)
    return { text: 'not here, and there is no apt-get: its checks are skipped', timed: false };
  mkdirSync(toolFolder, { recursive: true });
  const { status, output } = await run('apt-get', ['download', 'prometheus'], {
    cwd: toolFolder,
    timeoutMs: downloadTimeoutMs,
  });
  const archive = readdirSync(toolFolder).find((name) => name.endsWith('.deb'));
  if (status !== 0 || archive === undefined)
    return { text: `apt-get brought none (${output.trimEnd().split('\n').at(-1)}): its checks are skipped` };
  await run('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -x ./usr/bin/promtool', 'sh', archive], {
    cwd: toolFolder,
  });
  rmSync(join(toolFolder, archive));
  return {
    text: existsSync(unpacked)
      ? 'taken from the package prometheus'
      : 'not in the package: its checks are skipped',
  };
}
