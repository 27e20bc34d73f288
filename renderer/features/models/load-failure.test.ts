import { describe, expect, it } from 'vitest';
import { loadFailureOf } from './load-failure';

describe('load failure', () => {
  it('is the reason of a model that cannot be served', () => {
    expect(loadFailureOf({ state: 'unavailable', reason: 'the file is truncated' })).toBe(
      'the file is truncated',
    );
  });

  it('is not claimed of a model that is at rest, loading or ready', () => {
    expect(loadFailureOf({ state: 'unavailable', reason: 'unloaded' })).toBeNull();
    expect(loadFailureOf({ state: 'unavailable', reason: 'not loaded' })).toBeNull();
    expect(loadFailureOf({ state: 'loading', reason: 'version 2' })).toBeNull();
    expect(loadFailureOf({ state: 'ready', reason: null })).toBeNull();
  });
});
