import { describe, expect, it } from 'vitest';
import { CommandValues } from './command-values';
import { readSettingsPatch, SETTING_OPTIONS, settingText } from './model-settings';

const read = (given: Readonly<Record<string, string>>) =>
  readSettingsPatch(new CommandValues(new Map(Object.entries(given).map(([name, text]) => [name, [text]]))));

describe('settings as options', () => {
  it('are read into a patch of what was given', () => {
    expect(
      read({
        batching: 'auto',
        'slo-ms': '12.5',
        'allowed-batch-sizes': '1,4,8',
        'max-instances': '4',
        'device-weight': '2',
        'device-class': 'background',
        pin: 'on',
      }),
    ).toEqual({
      batching: 'auto',
      sloMs: 12.5,
      allowedBatchSizes: [1, 4, 8],
      maxInstanceCount: 4,
      deviceWeight: 2,
      deviceClass: 'background',
      pinned: true,
    });
  });

  it('take "none" where there may be none, which is not the same as not given', () => {
    expect(read({ 'slo-ms': 'none', 'allowed-batch-sizes': 'none' })).toEqual({
      sloMs: null,
      allowedBatchSizes: [],
    });
  });

  it.each([
    [{ batching: 'on' }, '"on" is not one of off, fixed, auto'],
    [{ 'slo-ms': '0' }, 'from 0.1 to 600000'],
    [{ 'device-weight': '1001' }, 'from 1 to 1000'],
    [{ 'allowed-batch-sizes': '0' }, 'from 1 to 1024'],
    [{}, '--slo-ms'],
  ])('refuse %j, naming option, value and limit', (given, expected) => {
    expect(() => read(given as Record<string, string>)).toThrow(expected);
  });

  it('are shown as their options take them', () => {
    const shown = [null, true, false, [], [1, 4], 12.5, 'auto' as const].map(settingText);
    expect(shown).toEqual(['none', 'on', 'off', 'none', '1,4', '12.5', 'auto']);
    expect(new Set(SETTING_OPTIONS.map(({ setting }) => setting)).size).toBe(SETTING_OPTIONS.length);
  });
});
