import { describe, expect, it } from 'vitest';
import { isOfOrigin, isWebAddress } from './web-address';

describe('isWebAddress', () => {
  it.each(['https://onnx.ai/', 'http://127.0.0.1:8000/v2'])('lets %s out', (address) => {
    expect(isWebAddress(address)).toBe(true);
  });

  it.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://server/share',
    'ferry://console/',
    'https://user:word@example.com/',
    'data:text/html,x',
    '//example.com',
    '',
  ])('keeps %s in', (address) => {
    expect(isWebAddress(address)).toBe(false);
  });
});

describe('isOfOrigin', () => {
  it('compares scheme, host and port', () => {
    expect(isOfOrigin('ferry://console/index.html#x', 'ferry://console')).toBe(true);
    expect(isOfOrigin('ferry://console.evil/', 'ferry://console')).toBe(false);
    expect(isOfOrigin('http://localhost:5173/', 'http://localhost:5174')).toBe(false);
    expect(isOfOrigin('about:blank', 'ferry://console')).toBe(false);
  });
});
