import { describe, expect, it } from 'vitest';
import { recorded } from './fixtures/recorded';
import { parseWindowsLine, sumWindowsRound, WINDOWS_SCRIPT } from './windows-counters';

const lines = recorded('windows-round.txt')
  .split('\n')
  .map(parseWindowsLine)
  .filter((line) => line !== null);

describe('parseWindowsLine', () => {
  it("writes an adapter's number as the counters do", () => {
    const adapters = lines.flatMap((line) => (line.kind === 'adapter' ? [line.adapter] : []));
    expect(adapters[1]).toEqual({
      luid: '0x00000000_0x0001532a',
      vendorId: 0x1002,
      dedicatedBytes: 8_589_934_592,
      name: 'AMD Radeon(TM) 8060S Graphics',
    });
    expect(parseWindowsLine('adapter,-4294967295,1,,A, B')).toEqual({
      kind: 'adapter',
      adapter: { luid: '0xffffffff_0x00000001', vendorId: 1, dedicatedBytes: null, name: 'A, B' },
    });
  });

  it('keeps errors with their commas and refuses everything else', () => {
    expect(parseWindowsLine('error,The specified object, it was not found.')).toEqual({
      kind: 'error',
      message: 'The specified object, it was not found.',
    });
    for (const line of [
      '',
      'counter,no path,',
      'counter,\\\\pc\\other(x)\\y,1',
      'adapter,abc,1,2,x',
      'PS C:\\>',
    ]) {
      expect(parseWindowsLine(line)).toBeNull();
    }
  });
});

describe('sumWindowsRound', () => {
  it('sums an engine over processes, and takes the busiest engine', () => {
    const counters = lines.flatMap((line) => (line.kind === 'counter' ? [line.counter] : []));
    const figures = sumWindowsRound(counters);
    expect(figures.find(({ luid }) => luid.endsWith('1532a'))).toEqual({
      luid: '0x00000000_0x0001532a',
      busyPercent: 61.25,
      dedicatedUsedBytes: 1_016_836_096,
    });
    expect(figures.find(({ luid }) => luid.endsWith('f814'))?.busyPercent).toBe(0);
    expect(figures.find(({ luid }) => luid.endsWith('17099'))?.busyPercent).toBeNull();
    expect(sumWindowsRound([])).toEqual([]);
  });
});

describe('WINDOWS_SCRIPT', () => {
  it('holds no double quote, which the command line would take for its own', () => {
    expect(WINDOWS_SCRIPT).not.toContain('"');
  });
});
