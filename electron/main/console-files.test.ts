import { sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileOfRequest } from './console-files';

const folder = `${sep}app${sep}renderer`;

describe('fileOfRequest', () => {
  it('finds the page and its files', () => {
    expect(fileOfRequest('ferry://console/', folder)).toBe(`${folder}${sep}index.html`);
    expect(fileOfRequest('ferry://console/assets/a.js?v=1', folder)).toBe(`${folder}${sep}assets${sep}a.js`);
  });

  it.each([
    'ferry://console/..%2fmain/main.js',
    'ferry://console/%2e%2e/%2e%2e/etc/passwd',
    'ferry://console/..%5c..%5csecret',
    'ferry://console/a%00.html',
    'ferry://console/%',
    'ferry://elsewhere/index.html',
    'file:///etc/passwd',
    'no address',
  ])('has nothing for %s, or only what lies in the folder', (address) => {
    const file = fileOfRequest(address, folder);
    expect(file === null || file.startsWith(folder + sep)).toBe(true);
  });

  it('refuses encoded ways out of the folder', () => {
    expect(fileOfRequest('ferry://console/..%2f..%2fsecret', folder)).toBeNull();
  });

  it('never leads out of the folder', () => {
    const piece = fc.constantFrom('..', '.', '%2e%2e', '%2f', '%5c', 'a', '%00', '//', '');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const file = fileOfRequest(`ferry://console/${pieces.join('/')}`, folder);
        expect(file === null || file.startsWith(folder + sep)).toBe(true);
      }),
    );
  });
});
