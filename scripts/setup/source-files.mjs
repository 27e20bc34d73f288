import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * All files below the given ones, in a fixed order.
 * @param {string[]} paths files or folders; what is not there is passed over
 * @param {(path: string) => boolean} [isWanted]
 * @returns {string[]}
 */
export function filesBelow(paths, isWanted = () => true) {
  return paths
    .flatMap((path) => {
      if (!existsSync(path)) return [];
      if (statSync(path).isFile()) return [path];
      return readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
    })
    .filter(isWanted)
    .sort();
}
