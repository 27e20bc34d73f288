import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { root } from './paths.mjs';

/**
 * @typedef {object} RunResult
 * @property {number} status exit status; 127 when the program is not there, 124 when it ran out of time
 * @property {string} output stdout and stderr as they came, in one text
 * @property {string} stdout
 * @property {boolean} timedOut
 */

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Record<string, string | undefined>} [env] on top of this process's own
 * @property {number} [timeoutMs]
 * @property {boolean} [show] let the output through to the terminal instead of keeping it
 */

const isWindows = process.platform === 'win32';

/** Some tools colour their output wherever they think they are in a CI. */
const plainOutput = process.stdout.isTTY ? {} : { NO_COLOR: '1', FORCE_COLOR: undefined };

/**
 * Runs a program to its end. Never throws: a program that is missing or too slow is a status like any other.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export function run(command, args, { cwd = root, env = {}, timeoutMs, show = false } = {}) {
  return new Promise((resolve) => {
    // A group of its own, so that running out of time ends what the program started as well.
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...plainOutput, ...env },
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
      detached: !isWindows && timeoutMs !== undefined,
      shell: isWindows && /^(npm|npx)$/.test(command),
    });
    let output = '';
    let stdout = '';
    let timedOut = false;
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
    function onTimeout() {
      timedOut = true;
      killTree(child.pid);
    }
    /** @param {number} status */
    const settle = (status) => {
      clearTimeout(timer);
      resolve({
        status: timedOut ? 124 : status,
        output: stripVTControlCharacters(output),
        stdout,
        timedOut,
      });
    };
    child.on('error', (error) => {
      output += String(error.message);
      settle(127);
    });
    child.on('close', (code) => settle(code ?? 1));
  });
}

/** @param {number | undefined} pid the leader of a process group */
function killTree(pid) {
  if (pid === undefined) return;
  try {
    process.kill(isWindows ? pid : -pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/**
 * The path of a program on PATH, or undefined.
 * @param {string} name
 */
export async function which(name) {
  const { status, stdout } = await run(isWindows ? 'where' : 'which', [name]);
  return status === 0 ? stdout.split(/\r?\n/)[0]?.trim() || undefined : undefined;
}

/**
 * The last lines of a text: enough to see why something failed.
 * @param {string} text
 * @param {number} [lines]
 */
export function tail(text, lines = 30) {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
