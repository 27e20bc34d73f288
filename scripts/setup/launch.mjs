import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './paths.mjs';

// npm passes on the Ctrl-C that the terminal has sent here as well: what comes this soon after the first is the same one.
const echoMs = 1000;

const isWindows = process.platform === 'win32';

/**
 * Runs the app until it ends. The first Ctrl-C asks it to drain and end, a second one ends it at once.
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string | undefined>} [env]
 * @returns {Promise<number>} its exit status
 */
export function launch(command, args, env = {}) {
  let askedAtMs = Number.NaN;
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    const nowMs = performance.now();
    if (Number.isNaN(askedAtMs)) {
      askedAtMs = nowMs;
      if (!isWindows) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    } else if (nowMs - askedAtMs > echoMs) killGroup(child.pid);
  };
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, onSignal);
  // In a group of its own, the app hears of a Ctrl-C only through this process, and so exactly once. Windows has no
  // such groups: there the console tells the app itself.
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
    detached: !isWindows,
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/** @param {number | undefined} pid */
function killGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(isWindows ? pid : -pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
