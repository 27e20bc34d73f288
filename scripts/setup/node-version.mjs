/** The oldest Node that the tools here run on; package.json's "engines" says the same. */
export const oldestNode = '20.19.0';

/** The oldest Node that the installer of current Electron runs on. */
export const oldestNodeForElectron = '22.12.0';

/**
 * @param {string} version e.g. "20.19.0"
 * @param {string} wanted
 */
export function isAtLeast(version, wanted) {
  const have = version.split('.').map(Number);
  const want = wanted.split('.').map(Number);
  for (let i = 0; i < want.length; i++) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
