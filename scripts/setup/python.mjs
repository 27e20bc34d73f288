import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ferryDir } from './paths.mjs';
import { pythonEnvs } from './python-envs.mjs';
import { run, tail, which } from './run.mjs';
import { hashOf, readStamp, writeStamp } from './stamp.mjs';

/** @typedef {import('./step.mjs').StepOutcome & { folder?: string, python?: string, reason?: string }} PythonOutcome */

const venvsDir = join(ferryDir, 'venvs');
const uvVersion = '0.13.9';
const installTimeoutMs = 300_000;
const venvTimeoutMs = 60_000;
const isWindows = process.platform === 'win32';

/**
 * Makes one of the Python environments below .ferry/venvs, when what it holds changed since the last time. What cannot be had
 * here (no Python, no package index, another platform) is a reason, never an error: those who need it skip.
 * @param {import('./python-envs.mjs').PythonEnvName} name
 * @returns {Promise<PythonOutcome>}
 */
export async function preparePython(name) {
  /** @type {import('./python-envs.mjs').PythonEnv} */
  const env = pythonEnvs[name];
  const { requires, noDeps = false, linuxOnly = false, oldest } = env;
  if (linuxOnly && (process.platform !== 'linux' || process.arch !== 'x64')) {
    return missing(`its packages are for Linux on x64, this is ${process.platform}-${process.arch}`);
  }
  const found = await findPython();
  if (found === undefined) return missing('there is no Python 3 here');
  if (found.minor < oldest) return missing(`it needs Python 3.${oldest}, this is 3.${found.minor}`);
  const folder = join(venvsDir, name);
  const outcome = { folder, python: pythonIn(folder) };
  const stampName = `venv-${name}`;
  const hash = hashOf({ texts: [found.version, String(noDeps), ...requires] });
  if (existsSync(outcome.python) && readStamp(stampName) === hash) {
    return { ...outcome, text: 'up to date', timed: false };
  }
  const refusal = await install(found.command, folder, noDeps ? ['--no-deps', ...requires] : requires);
  if (refusal !== undefined) return missing(refusal);
  writeStamp(stampName, hash);
  return { ...outcome, text: 'made' };
}

/** @param {string} folder of an environment */
const pythonIn = (folder) => join(folder, ...(isWindows ? ['Scripts', 'python.exe'] : ['bin', 'python']));

/**
 * @param {string} reason
 * @returns {PythonOutcome}
 */
const missing = (reason) => ({ text: `skipped: ${reason}`, timed: false, warn: true, reason });

/** The first Python 3 on PATH. */
async function findPython() {
  for (const command of isWindows ? ['python', 'py'] : ['python3', 'python']) {
    if ((await which(command)) === undefined) continue;
    const { status, stdout } = await run(command, ['-c', 'import sys; print(sys.version.split()[0])']);
    const minor = /^3\.(\d+)\./.exec(stdout.trim())?.[1];
    if (status === 0 && minor !== undefined) return { command, version: stdout.trim(), minor: Number(minor) };
  }
  return undefined;
}

/**
 * A fresh environment with the given packages. uv, itself from the package index, resolves in a second what takes pip minutes.
 * @param {string} command
 * @param {string} folder
 * @param {string[]} requires
 * @returns {Promise<string | undefined>} why it could not be made
 */
async function install(command, folder, requires) {
  const uv = await prepareUv(command);
  if ('reason' in uv) return uv.reason;
  rmSync(folder, { recursive: true, force: true });
  const env = { UV_PYTHON_DOWNLOADS: 'never', UV_NO_PROGRESS: '1' };
  const venv = await run(uv.path, ['venv', '--quiet', '--python', command, folder], {
    env,
    timeoutMs: venvTimeoutMs,
  });
  if (venv.status !== 0) return `the environment could not be made: ${lastLine(venv.output)}`;
  const args = ['pip', 'install', '--quiet', '--python', pythonIn(folder), ...requires];
  const { status, output, timedOut } = await run(uv.path, args, { env, timeoutMs: installTimeoutMs });
  if (status === 0) return undefined;
  rmSync(folder, { recursive: true, force: true });
  return timedOut ? `installing took more than ${installTimeoutMs / 1000} s` : installFailure(output);
}

/**
 * @param {string} command
 * @returns {Promise<{ path: string } | { reason: string }>}
 */
async function prepareUv(command) {
  const folder = join(venvsDir, 'uv');
  const path = join(folder, ...(isWindows ? ['Scripts', 'uv.exe'] : ['bin', 'uv']));
  if (existsSync(path) && readStamp('venv-uv') === uvVersion) return { path };
  rmSync(folder, { recursive: true, force: true });
  const venv = await run(command, ['-m', 'venv', folder], { timeoutMs: venvTimeoutMs });
  if (venv.status !== 0) return { reason: `Python has no venv: ${lastLine(venv.output)}` };
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `uv==${uvVersion}`];
  const { status, output } = await run(pythonIn(folder), pip, { timeoutMs: installTimeoutMs });
  if (status !== 0) return { reason: installFailure(output) };
  writeStamp('venv-uv', uvVersion);
  return { path };
}

/** @param {string} output */
const installFailure = (output) => `the package index did not give it: ${lastLine(output)}`;

/** @param {string} output */
const lastLine = (output) => tail(output, 1).trim().slice(0, 200);
