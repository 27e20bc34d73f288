import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

// Chromium's sandbox on Linux needs user namespaces, or a helper that belongs to root with the setuid bit.
// Ubuntu 24.04 and some hardened kernels forbid the first to programs they do not know.
const forbiddingSettings = {
  '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1',
  '/proc/sys/kernel/unprivileged_userns_clone': '0',
  '/proc/sys/user/max_user_namespaces': '0',
};

/**
 * @typedef {object} System
 * @property {string} platform
 * @property {number | undefined} uid
 * @property {(file: string) => string | undefined} readSetting
 * @property {(file: string) => boolean} isSetuidRoot
 */

/** @type {System} */
const thisSystem = { platform: process.platform, uid: process.getuid?.(), readSetting, isSetuidRoot };

/**
 * Why Chromium's sandbox cannot start here, or undefined when it can.
 * @param {string} electronFolder
 * @param {System} [system]
 * @returns {'root' | 'system' | undefined}
 */
export function sandboxRefusal(electronFolder, { platform, uid, readSetting, isSetuidRoot } = thisSystem) {
  if (platform !== 'linux') return undefined;
  if (uid === 0) return 'root';
  const isForbidden = Object.entries(forbiddingSettings).some(([file, value]) => readSetting(file) === value);
  return isForbidden && !isSetuidRoot(join(electronFolder, 'chrome-sandbox')) ? 'system' : undefined;
}

/** @param {string} electronFolder */
export const sandboxRemedy = (electronFolder) => {
  const helper = join(electronFolder, 'chrome-sandbox');
  return `sudo chown root ${helper} && sudo chmod 4755 ${helper}`;
};

/** @param {string} file */
function readSetting(file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function isSetuidRoot(file) {
  try {
    const { uid, mode } = statSync(file);
    return uid === 0 && (mode & 0o4000) !== 0;
  } catch {
    return false;
  }
}
