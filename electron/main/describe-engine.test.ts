import { describe, expect, it } from 'vitest';
import { describeEnd, describeEngine } from './describe-engine';

const end = (code: number, lastLines: readonly string[] = []) =>
  describeEnd({ code, lastLines, logPath: '/l' });

describe('describeEnd', () => {
  it.each([
    [9, 'SIGKILL'],
    [137, 'SIGKILL'],
    [139, 'segmentation fault'],
    [6, 'SIGABRT'],
    [3, 'status 3'],
    [-1073741819, 'status 0xc0000005'],
  ])('names what ended the process: %i is %s', (code, words) => {
    expect(end(code)).toMatchObject({ kind: 'crash', message: expect.stringContaining(words) });
  });

  it('calls status 0 an exit', () => {
    expect(end(0, ['bye']).kind).toBe('exit');
  });

  it('brings the last lines and where the log is', () => {
    expect(end(1, ['first', 'second']).message).toMatch(/first\nsecond\nLog: \/l/);
    expect(end(1).message).not.toContain('wrote last');
  });
});

describe('describeEngine', () => {
  it('counts down to the next start and never below zero', () => {
    const waiting = {
      name: 'waiting',
      end: { kind: 'crash', message: 'm' },
      past: { all: 1, starts: 0 },
      limitMs: 1_000,
    } as const;
    expect(describeEngine(waiting, 400)).toMatchObject({ state: 'down', retryInMs: 600 });
    expect(describeEngine(waiting, 2_000)).toMatchObject({ retryInMs: 0 });
  });

  it('says with null that nothing happens any more by itself', () => {
    const state = { name: 'given-up', end: { kind: 'exit', message: 'port taken' } } as const;
    expect(describeEngine(state, 0)).toEqual({
      state: 'down',
      kind: 'exit',
      message: 'port taken',
      retryInMs: null,
    });
  });
});
