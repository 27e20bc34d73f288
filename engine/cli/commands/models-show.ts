import { byteText } from '../../base';
import type { ModelSummary, TensorSpec } from '../../contract';
import { EXIT } from '../cli-error';
import type { Command } from '../command';
import { COMMON_OPTIONS, ENGINE_OPTIONS } from '../common-options';
import { jsonText } from '../json-text';
import { refusedIsNull } from '../model-rows';
import { SETTING_OPTIONS, settingText } from '../model-settings';
import { textFields, textTable } from '../text-table';
import type { ModelConfigJson, ModelDescription, TensorMetadata } from '../v2-client';

export const modelsShowCommand: Command = {
  name: 'models show',
  summary: 'show inputs, outputs and settings of a model, and where each setting comes from',
  positionals: [{ name: 'MODEL', completes: 'model' }],
  options: [
    { name: 'config', value: null, summary: 'print the effective configuration (ModelConfig) only' },
    ...ENGINE_OPTIONS,
    ...COMMON_OPTIONS,
  ],
  run: async ({ engine, positionals: [name = ''], values, show }) => {
    const client = await engine.inference();
    if (values.has('config')) {
      const config = await client.config(name);
      show(config, () => jsonText(config, 2));
      return EXIT.ok;
    }
    const control = await engine.control();
    const summary = (await control?.models())?.find((model) => model.name === name) ?? null;
    if (summary) {
      show(summary, () => summaryText(summary));
      return EXIT.ok;
    }
    const [metadata, config] = await Promise.all([
      client.model(name),
      client.config(name).catch(refusedIsNull),
    ]);
    show({ ...metadata, config }, () => metadataText(metadata, config));
    return EXIT.ok;
  },
};

function summaryText(model: ModelSummary): string {
  const facts: [string, string][] = [
    ['name', model.name],
    ['state', `${model.state}${model.reason === null ? '' : `: ${model.reason}`}`],
    [
      'versions',
      `ready ${model.versionsReady.join(', ') || 'none'}; on disk ${model.versionsOnDisk.join(', ')}`,
    ],
    ['backend', `${model.backend} on ${model.activeProvider ?? 'nothing'}`],
    ['memory', memoryText(model)],
    ['batching', model.batchable ? 'possible' : 'not possible'],
  ];
  if (model.batchingNote !== null) facts.push(['note', model.batchingNote]);
  for (const note of model.providerNotes) facts.push(['provider', note]);
  const settings = SETTING_OPTIONS.map(({ setting, option }) => [
    option.name,
    settingText(model.settings[setting]),
    model.origins[setting],
  ]);
  return [
    textFields(facts),
    '',
    tensorTable(model.inputs, model.outputs),
    '',
    textTable([{ title: 'SETTING' }, { title: 'VALUE', right: true }, { title: 'FROM' }], settings),
  ].join('\n');
}

function memoryText({ memory, onCall, coldStarts }: ModelSummary): string {
  const parts = [
    memory === null ? 'not known' : `${byteText(memory.totalBytes)} (${SOURCES[memory.source]})`,
  ];
  if (onCall) parts.push('loaded with the next request');
  if (coldStarts.evictions > 0) parts.push(`evicted ${coldStarts.evictions} times`);
  if (coldStarts.lastMs !== null)
    parts.push(`${coldStarts.count} cold starts, the last took ${(coldStarts.lastMs / 1000).toFixed(2)} s`);
  return parts.join('; ');
}

const SOURCES = { graph: 'by its graph', measured: 'measured', stated: 'as stated' } as const;

function metadataText(model: ModelDescription, config: ModelConfigJson | null): string {
  const facts: [string, string][] = [
    ['name', model.name],
    ['versions', model.versions.join(', ')],
    ['platform', model.platform],
  ];
  const parts = [textFields(facts), '', tensorTable(model.inputs, model.outputs)];
  if (config !== null) parts.push('', 'Configuration:', jsonText(config, 2));
  return parts.join('\n');
}

function tensorTable(
  inputs: readonly (TensorMetadata | TensorSpec)[],
  outputs: readonly (TensorMetadata | TensorSpec)[],
): string {
  const row = (kind: string) => (tensor: TensorMetadata | TensorSpec) => [
    kind,
    tensor.name,
    tensor.datatype,
    shapeText(tensor),
    'optional' in tensor && tensor.optional ? 'optional' : '',
  ];
  return textTable(
    [{ title: '' }, { title: 'TENSOR' }, { title: 'DATATYPE' }, { title: 'SHAPE' }, { title: '' }],
    [...inputs.map(row('input')), ...outputs.map(row('output'))],
  );
}

/** "[batch, 3, -1]": open dimensions by the name that the model's file gives them. */
function shapeText(tensor: TensorMetadata | TensorSpec): string {
  const names = 'dimNames' in tensor ? tensor.dimNames : [];
  return `[${tensor.shape.map((dim, axis) => (dim < 0 ? (names[axis] ?? '-1') : dim)).join(', ')}]`;
}
