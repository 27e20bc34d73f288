import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fromRoot } from '../setup/paths.mjs';
import { run, which } from '../setup/run.mjs';
import { StepError } from '../setup/step.mjs';

/**
 * @typedef {object} PackedApp
 * @property {string} folder
 * @property {string} version
 * @property {string} target where archives go
 */

/** @typedef {import('../setup/step.mjs').StepOutcome & { file?: string }} ArchiveOutcome */

/** @type {Record<string, string>} */
const debArchitectures = { x64: 'amd64', arm64: 'arm64' };

const dependencies = [
  'libgtk-3-0 | libgtk-3-0t64',
  'libnotify4',
  'libnss3',
  'libxss1',
  'libxtst6',
  'xdg-utils',
  'libatspi2.0-0 | libatspi2.0-0t64',
  'libuuid1',
  'libsecret-1-0',
  'libgbm1',
  'libasound2 | libasound2t64',
];

const desktopEntry = `[Desktop Entry]
Name=Ferry
Comment=A console for serving ONNX models
Exec=/opt/Ferry/ferry %F
Icon=ferry
Terminal=false
Type=Application
Categories=Development;
MimeType=application/x-onnx;
StartupWMClass=Ferry
`;

const mimeType = `<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="application/x-onnx">
    <comment>ONNX model</comment>
    <glob pattern="*.onnx"/>
  </mime-type>
</mime-info>
`;

// Chromium's sandbox helper has to belong to root with the setuid bit; dpkg sets the owner.
const afterInstall = `#!/bin/sh
set -e
chmod 4755 /opt/Ferry/chrome-sandbox
`;

/**
 * @param {PackedApp} app
 * @returns {Promise<ArchiveOutcome>}
 */
export async function makeTarball({ folder, version, target }) {
  const name = `ferry-${version}-linux-${process.arch}`;
  const file = join(target, `${name}.tar.gz`);
  const { status, output } = await run('tar', [
    '--use-compress-program=gzip -6',
    '--owner=0',
    '--group=0',
    `--transform=s/^${basename(folder)}/${name}/`,
    '-cf',
    file,
    '-C',
    dirname(folder),
    basename(folder),
  ]);
  if (status !== 0) throw new StepError('tar did not finish', output);
  return { text: file, file };
}

/**
 * @param {PackedApp} app
 * @returns {Promise<ArchiveOutcome>}
 */
export async function makeDeb({ folder, version, target }) {
  if ((await which('dpkg-deb')) === undefined)
    return { text: 'left out: there is no dpkg-deb', timed: false, warn: true };
  const architecture = debArchitectures[process.arch] ?? process.arch;
  const file = join(target, `ferry_${version}_${architecture}.deb`);
  const tree = mkdtempSync(join(tmpdir(), 'ferry-deb-'));
  try {
    chmodSync(tree, 0o755);
    await layOutDeb(tree, folder, controlText(version, architecture));
    const { status, output } = await run('dpkg-deb', [
      '--build',
      '--root-owner-group',
      '-Zgzip',
      '-z6',
      tree,
      file,
    ]);
    if (status !== 0) throw new StepError('dpkg-deb did not finish', output);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
  return { text: file, file };
}

/**
 * @param {string} tree
 * @param {string} folder
 * @param {string} control
 */
async function layOutDeb(tree, folder, control) {
  cpSync(folder, join(tree, 'opt', 'Ferry'), { recursive: true, verbatimSymlinks: true });
  put(tree, 'DEBIAN/control', control);
  put(tree, 'DEBIAN/postinst', afterInstall, 0o755);
  put(tree, 'usr/share/applications/ferry.desktop', desktopEntry);
  put(tree, 'usr/share/mime/packages/ferry.xml', mimeType);
  mkdirSync(join(tree, 'usr/bin'), { recursive: true });
  symlinkSync('/opt/Ferry/ferry', join(tree, 'usr/bin/ferry'));
  mkdirSync(join(tree, 'usr/share/doc/ferry'), { recursive: true });
  cpSync(fromRoot('LICENSE'), join(tree, 'usr/share/doc/ferry/copyright'));
  putIcons(join(tree, 'usr/share/icons/hicolor'));
}

/** @param {string} theme */
function putIcons(theme) {
  const icons = fromRoot('assets', 'icons', 'png');
  if (!existsSync(icons)) return;
  for (const name of readdirSync(icons)) {
    const size = /^(\d+)x\1[.]png$/.exec(name)?.[1];
    if (size) cpSync(join(icons, name), join(theme, `${size}x${size}`, 'apps', 'ferry.png'));
  }
}

/**
 * @param {string} tree
 * @param {string} path
 * @param {string} content
 * @param {number} [mode]
 */
function put(tree, path, content, mode = 0o644) {
  const file = join(tree, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

/**
 * @param {string} version
 * @param {string} architecture
 */
function controlText(version, architecture) {
  return [
    'Package: ferry',
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    'Maintainer: The Ferry contributors <noreply@ferry.invalid>',
    'Section: devel',
    'Priority: optional',
    `Depends: ${dependencies.join(', ')}`,
    'Description: A console for serving ONNX models',
    ' A batching inference engine for ONNX models that can be watched and tuned while it runs.',
    '',
  ].join('\n');
}
