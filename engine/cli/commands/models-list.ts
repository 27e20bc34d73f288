import { byteText } from '../../base';
import { EXIT } from '../cli-error';
import type { Command } from '../command';
import { COMMON_OPTIONS, ENGINE_OPTIONS } from '../common-options';
import { listModels, type ModelRow } from '../model-rows';
import type { Terminal } from '../terminal';
import { type Column, textTable } from '../text-table';

export const modelsListCommand: Command = {
  name: 'models list',
  summary: 'list the models of the repository',
  positionals: [],
  options: [
    { name: 'names', value: null, summary: 'names only, one a line' },
    ...ENGINE_OPTIONS,
    ...COMMON_OPTIONS,
  ],
  run: async ({ engine, values, show, terminal }) => {
    const rows = await listModels(engine);
    const names = [...new Set(rows.map(({ name }) => name))];
    const text = (): string => (rows.length === 0 ? 'no models' : modelTable(rows, terminal));
    if (!values.has('names')) show(rows, text);
    else if (names.length > 0 || values.has('json')) show(names, () => names.join('\n'));
    return EXIT.ok;
  },
};

const COLUMNS: readonly (Column & { readonly cell: (row: ModelRow) => string })[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'VERSION', cell: ({ version }) => version },
  { title: 'STATE', cell: ({ state, onCall }) => (onCall ? 'on call' : state || 'never loaded') },
  { title: 'BATCH', right: true, cell: (row) => (row.batching === 'off' ? 'off' : shown(row.maxBatchSize)) },
  { title: 'DELAY US', right: true, cell: ({ maxQueueDelayUs }) => shown(maxQueueDelayUs) },
  { title: 'INSTANCES', right: true, cell: instancesOf },
  {
    title: 'MEMORY',
    right: true,
    cell: ({ memoryBytes }) => (memoryBytes === null ? '-' : byteText(memoryBytes)),
  },
  { title: 'PROVIDER', cell: ({ provider }) => provider ?? '-' },
  { title: 'REASON', cell: ({ reason }) => reason },
];

function modelTable(rows: readonly ModelRow[], terminal: Terminal): string {
  const state = COLUMNS.findIndex(({ title }) => title === 'STATE');
  return textTable(
    COLUMNS,
    rows.map((row) => COLUMNS.map(({ cell }) => cell(row))),
    (text, column) => (column === state ? terminal.paint(text === 'ready' ? 'green' : 'yellow', text) : text),
  );
}

const shown = (value: number | null): string => (value === null ? '-' : String(value));

/** "1/2" while one of two runs. */
function instancesOf({ instances, instancesReady }: ModelRow): string {
  const differs = instancesReady !== null && instancesReady !== instances;
  return differs ? `${instancesReady}/${shown(instances)}` : shown(instances);
}
