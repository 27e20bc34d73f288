import { describe, expect, it } from 'vitest';
import { loadFailureOf } from './load-failure';

describe('load failure', () => {
  it('is the reason of a model that cannot be served', () => {
    expect(loadFailureOf({ state: 'unavailable', reason: 'the file is truncated', onCall: false })).toBe(
      'the file is truncated',
    );
  });

  it('is not claimed of a model that is at rest, loading or ready', () => {
    expect(loadFailureOf({ state: 'unavailable', reason: 'unloaded', onCall: false })).toBeNull();
    expect(loadFailureOf({ state: 'unavailable', reason: 'not loaded', onCall: false })).toBeNull();
    expect(loadFailureOf({ state: 'loading', reason: 'version 2', onCall: false })).toBeNull();
    expect(
      loadFailureOf({ state: 'unavailable', reason: 'evicted to make room for "b"', onCall: true }),
    ).toBeNull();
    expect(loadFailureOf({ state: 'ready', reason: null, onCall: false })).toBeNull();
  });
});
