// node scripts/make-icons.mjs: draws assets/icons/*.png, icon.ico and icon.icns from the SVGs beside them. The results are
// checked in; run it after changing a drawing. Needs a Chromium, which it finds as the tests do.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright';
import { prepareChromium } from './setup/chromium.mjs';
import { fromRoot } from './setup/paths.mjs';

const folder = fromRoot('assets', 'icons');

/** Below this many pixels the full drawing's details run together. */
const smallUpTo = 32;
const sizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024];

const { chromium: executablePath, reason } = await prepareChromium();
if (executablePath === undefined) throw new Error(reason);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  await makeIcons();
} finally {
  await browser.close();
}

async function makeIcons() {
  const page = await browser.newPage();
  /** @type {Map<number, Buffer>} */
  const pngs = new Map();
  for (const size of sizes) {
    pngs.set(size, await draw(page, size <= smallUpTo ? 'icon-small.svg' : 'icon.svg', size));
  }
  const png = (/** @type {number} */ size) => /** @type {Buffer} */ (pngs.get(size));
  mkdirSync(`${folder}/png`, { recursive: true });
  for (const size of sizes.filter((size) => size <= 512)) {
    writeFileSync(`${folder}/png/${size}x${size}.png`, png(size));
  }
  writeFileSync(`${folder}/icon.png`, png(512));
  writeFileSync(`${folder}/icon.ico`, ico([16, 24, 32, 48, 64, 128, 256], png));
  writeFileSync(`${folder}/icon.icns`, icns(png));
  for (const [suffix, size] of /** @type {const} */ ([
    ['', 16],
    ['@2x', 32],
  ])) {
    writeFileSync(`${folder}/tray${suffix}.png`, png(size));
    writeFileSync(`${folder}/trayTemplate${suffix}.png`, await draw(page, 'tray-template.svg', size));
  }
}

/**
 * @param {import('playwright').Page} page
 * @param {string} name
 * @param {number} size pixels
 */
async function draw(page, name, size) {
  const url = `data:image/svg+xml;base64,${readFileSync(`${folder}/${name}`).toString('base64')}`;
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>html,body{margin:0}img{display:block}</style><img width="${size}" height="${size}" src="${url}">`,
  );
  await page.waitForFunction(() => document.images[0]?.complete);
  return page.screenshot({ omitBackground: true });
}

/**
 * Windows' container: a directory of 16 bytes an image, then the images, which may be PNGs.
 * @param {number[]} sizes
 * @param {(size: number) => Buffer} png
 */
function ico(sizes, png) {
  const head = Buffer.alloc(6 + 16 * sizes.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(sizes.length, 4);
  let offset = head.length;
  for (const [index, size] of sizes.entries()) {
    const entry = 6 + 16 * index;
    // 0 stands for 256.
    head.writeUInt8(size % 256, entry);
    head.writeUInt8(size % 256, entry + 1);
    head.writeUInt16LE(1, entry + 4);
    head.writeUInt16LE(32, entry + 6);
    head.writeUInt32LE(png(size).length, entry + 8);
    head.writeUInt32LE(offset, entry + 12);
    offset += png(size).length;
  }
  return Buffer.concat([head, ...sizes.map(png)]);
}

/**
 * macOS' container: chunks of a four-letter type, their length and a PNG.
 * @param {(size: number) => Buffer} png
 */
function icns(png) {
  const types = /** @type {const} */ ([
    ['ic11', 32],
    ['ic12', 64],
    ['ic07', 128],
    ['ic13', 256],
    ['ic08', 256],
    ['ic14', 512],
    ['ic09', 512],
    ['ic10', 1024],
  ]);
  const chunks = types.map(([type, size]) => chunk(type, png(size)));
  return chunk('icns', Buffer.concat(chunks));
}

/**
 * @param {string} type
 * @param {Buffer} body
 */
function chunk(type, body) {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([head, body]);
}
