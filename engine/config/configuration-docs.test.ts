import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SETTING_LIMITS } from '../contract';
import { engineOptionsSchema, envName, OPTION_NAMES, OPTION_TEXTS } from './engine-options';
import { DEFAULT_MAX_BATCH_SIZE, DEFAULT_MAX_QUEUE_SIZE } from './read-settings';

const docs = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

it('docs/configuration.md has one row for each option, with its variable, name and default', () => {
  const rows = docs('configuration.md')
    .split('\n')
    .filter((line) => line.startsWith('| `--'));
  expect(rows).toHaveLength(OPTION_NAMES.length + 1);
  for (const name of OPTION_NAMES) {
    const { flag, value } = OPTION_TEXTS[name];
    const start = `| \`--${flag}${value === null ? '' : ` ${value}`}\` | \`${envName(flag)}\` | \`${name}\``;
    const row = rows.find((line) => line.startsWith(start));
    expect(row, start).toBeDefined();
    const fallback: unknown = engineOptionsSchema.shape[name].safeParse(undefined).data;
    if (typeof fallback === 'string' || (typeof fallback === 'number' && name !== 'maxRequestBytes')) {
      expect(row).toContain(`| \`${fallback}\` |`);
    }
  }
});

it('docs/model-repository.md states the limits and defaults of the settings', () => {
  const text = docs('model-repository.md');
  const row = (setting: string): string =>
    text.split('\n').find((line) => line.startsWith(`| ${setting} |`)) ?? '';
  const { maxBatchSize, maxQueueDelayUs, maxQueueSize, instanceCount, intraOpThreads } = SETTING_LIMITS;
  expect(row('Max batch size')).toContain(
    `| ${DEFAULT_MAX_BATCH_SIZE} when the model can batch | ${maxBatchSize.min} to ${maxBatchSize.max} |`,
  );
  expect(row('Max queue delay')).toContain(`${maxQueueDelayUs.min} to ${maxQueueDelayUs.max}`);
  expect(row('Max queue size')).toContain(
    `| ${DEFAULT_MAX_QUEUE_SIZE} | ${maxQueueSize.min} to ${maxQueueSize.max};`,
  );
  expect(row('Instances')).toContain(`${instanceCount.min} to ${instanceCount.max}`);
  expect(row('Threads per session')).toContain(`${intraOpThreads.min} to ${intraOpThreads.max}`);
});
