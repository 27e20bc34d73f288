import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * One model of a repository, before it is on disk.
 * @typedef {object} ModelFolder
 * @property {string} name
 * @property {Record<string, Uint8Array | string>} files path below the model's folder -> content
 */

/**
 * @param {string} repository
 * @param {ModelFolder} model
 */
export function writeModelFolder(repository, model) {
  for (const [path, content] of Object.entries(model.files)) {
    const file = join(repository, model.name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
