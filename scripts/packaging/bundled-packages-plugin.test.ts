import { expect, test } from 'vitest';
import { packageFolder } from './bundled-packages-plugin';

test('a module belongs to the innermost package around it', () => {
  expect(packageFolder('/x/node_modules/react/index.js')).toBe('node_modules/react');
  expect(packageFolder('/x/node_modules/@trpc/client/dist/a.js?v=1')).toBe('node_modules/@trpc/client');
  expect(packageFolder('\0/x/node_modules/a/node_modules/b/c.js')).toBe('node_modules/a/node_modules/b');
  expect(packageFolder('/x/engine/engine.ts')).toBeUndefined();
});
