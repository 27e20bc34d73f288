import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { checkOrigin, checkToken } from './gate';
import { newToken, sameToken } from './token';

const options = { token: 'right', allowedHosts: ['ferry.example'] };
const request = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;
const check = (headers: Record<string, string>) => () => checkOrigin(request(headers), options);

describe('the control plane is addressed', () => {
  test.each(['127.0.0.1:8003', 'localhost:8003', '[::1]:8003', 'ferry.example', 'LOCALHOST'])(
    'as %s',
    (host) => {
      expect(check({ host })).not.toThrow();
    },
  );

  test.each(['evil.example:8003', '', '127.0.0.1.evil.example', 'localhost.evil.example'])(
    'but not as "%s" (DNS rebinding)',
    (host) => {
      expect(check({ host })).toThrow(/Host header .* is not a name of this server/);
    },
  );

  test('from its own origin and from the desktop app, not from another page', () => {
    const host = '127.0.0.1:8003';
    expect(check({ host, origin: 'http://127.0.0.1:8003' })).not.toThrow();
    expect(check({ host, origin: 'ferry://console' })).not.toThrow();
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:9999', 'https://127.0.0.1']) {
      expect(check({ host, origin })).toThrow('are refused');
    }
  });
});

describe('a token', () => {
  test('must be there and be right', () => {
    expect(() => checkToken('right', options)).not.toThrow();
    for (const given of ['wrong', '', null, undefined, 'right '])
      expect(() => checkToken(given, options)).toThrow('the token is missing or wrong');
  });

  test('an empty expected token lets nobody in who gives none', () => {
    expect(sameToken('', undefined)).toBe(false);
  });

  test('is new each time and safe in an address', () => {
    expect(newToken()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(newToken()).not.toBe(newToken());
  });
});
