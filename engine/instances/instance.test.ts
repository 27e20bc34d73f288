import { expect, test } from 'vitest';
import { moveInstance } from './instance';

test('an instance goes only along its state table; stopped and failed are final', () => {
  expect(moveInstance('starting', 'idle')).toBe('idle');
  expect(moveInstance('busy', 'busy')).toBe('busy');
  expect(() => moveInstance('stopped', 'idle')).toThrow('an instance cannot go from stopped to idle');
  expect(() => moveInstance('failed', 'busy')).toThrow();
});
