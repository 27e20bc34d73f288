import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ferryDir, root } from './paths.mjs';

/** @param {string} name */
const stampFile = (name) => join(ferryDir, 'stamps', `${name}.json`);

/**
 * What a finished step left behind, so that it is done once.
 * @template T
 * @param {string} name
 * @returns {T | undefined} undefined when there is none or it cannot be read
 */
export function readStamp(name) {
  try {
    return JSON.parse(readFileSync(stampFile(name), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
export function writeStamp(name, value) {
  const file = stampFile(name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * One hash over texts and files; a file's name counts as well as its content.
 * @param {{ texts?: string[], files?: string[] }} inputs
 */
export function hashOf({ texts = [], files = [] }) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`text ${text.length}\0${text}`);
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`file ${relative(root, file)} ${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
