import { run, which } from './run.mjs';

/** @type {Promise<unknown> | undefined} */
let updated;

/** Why packages cannot be installed here without asking, or undefined when they can. */
export async function aptRefusal() {
  if (process.platform !== 'linux' || (await which('apt-get')) === undefined)
    return 'there is no apt-get here';
  if (process.getuid?.() !== 0) return 'installing them needs root';
  return undefined;
}

/**
 * Installs Debian packages; the package lists are brought up to date once per run.
 * @param {string[]} packages
 */
export async function aptInstall(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  updated ??= run('apt-get', ['update'], { env });
  await updated;
  return run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env });
}

/**
 * The first of several names that the package lists have: Debian and Ubuntu renamed some libraries.
 * @param {string[]} names
 */
export async function aptFirstKnown(names) {
  updated ??= run('apt-get', ['update'], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  await updated;
  for (const name of names) {
    const { status, stdout } = await run('apt-cache', ['show', name]);
    if (status === 0 && stdout.includes('Package:')) return name;
  }
  return names.at(-1);
}
