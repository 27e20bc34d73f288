import { byteText } from '../../base';
import { EXIT } from '../cli-error';
import type { Command } from '../command';
import { COMMON_OPTIONS, ENGINE_OPTIONS } from '../common-options';
import { textTable } from '../text-table';

export const memorySetCommand: Command = {
  name: 'memory set',
  summary: 'change what models may take of a device, while they serve',
  positionals: [{ name: 'BUDGETS' }],
  options: [...ENGINE_OPTIONS, ...COMMON_OPTIONS],
  notes: [
    'BUDGETS are as for serve --memory-budget: cpu=4GiB,gpu:0=none.',
    'They hold until the engine ends. Models that find no room any more leave, and are loaded again when a request comes.',
  ],
  run: async ({ engine, positionals: [words = ''], show }) => {
    const control = await engine.neededControl('changing memory budgets');
    const budgets = words.split(',');
    const devices = await control.call((calls) => calls.updateMemoryBudget.mutate({ budgets }));
    show(devices, () =>
      textTable(
        [{ title: 'DEVICE' }, { title: 'BUDGET' }, { title: 'RESERVED' }, { title: 'IN MEMORY' }],
        devices.map(({ deviceId, budgetBytes, reservedBytes, models }) => [
          deviceId,
          budgetBytes === null ? 'no limit' : byteText(budgetBytes),
          byteText(reservedBytes),
          models
            .filter(({ resident }) => resident)
            .map(({ model }) => model)
            .join(', ') || 'none',
        ]),
      ),
    );
    return EXIT.ok;
  },
};
