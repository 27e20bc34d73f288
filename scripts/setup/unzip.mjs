import { createWriteStream } from 'node:fs';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

const fileTypeMask = 0o170000;
const symlinkType = 0o120000;

/**
 * Unpacks a zip, or the part of it for which `place` gives a path; modes and symbolic links are kept.
 * @param {string} zipFile
 * @param {string} folder
 * @param {(entryName: string) => string | undefined} [place] entry name -> path below the folder, undefined to leave it out
 */
export async function unzip(zipFile, folder, place = (name) => name) {
  // Not imported at the top: this module is loaded before the install step has run.
  const { default: yauzl } = await import('yauzl');
  const zip = await yauzl.openPromise(zipFile, { lazyEntries: true });
  try {
    for await (const entry of zip.eachEntry()) {
      const path = place(entry.fileName);
      if (path === undefined || path.endsWith('/')) continue;
      await writeEntry(zip, entry, insideOf(folder, path));
    }
  } finally {
    zip.close();
  }
}

/**
 * @param {import('yauzl').ZipFile} zip
 * @param {import('yauzl').Entry} entry
 * @param {string} target
 */
async function writeEntry(zip, entry, target) {
  const mode = entry.externalFileAttributes >>> 16;
  const source = await zip.openReadStreamPromise(entry);
  await mkdir(dirname(target), { recursive: true });
  if ((mode & fileTypeMask) === symlinkType) {
    await symlink(await text(source), target);
    return;
  }
  await pipeline(source, createWriteStream(target));
  if (mode & 0o777) await chmod(target, mode & 0o777);
}

/**
 * @param {string} folder
 * @param {string} path
 */
export function insideOf(folder, path) {
  const target = join(folder, path);
  if (!target.startsWith(folder + sep)) throw new Error(`zip entry "${path}" leads out of its folder`);
  return target;
}
