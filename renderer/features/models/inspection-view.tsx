import { Alert, Badge, Button, DataList, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconAlertCircle, IconInfoCircle } from '@tabler/icons-react';
import type { FormEvent } from 'react';
import { useStore } from 'zustand';
import type { ModelInspection, ModelSettings, ModelSummary } from '../../../engine/contract';
import { formatBytes, formatCount, formatSentence, formatUs } from '../../format';
import { modelsStore } from '../../stores';
import { modelNameFault } from './load-flow';
import { loadFlow } from './model-load-flow';
import { TensorTable } from './tensor-table';

interface InspectionViewProps {
  readonly inspection: ModelInspection;
  readonly name: string;
  /** Why the last attempt to load it failed. */
  readonly error: string | null;
}

const NO_MODELS: readonly ModelSummary[] = [];

/** What a model file says about itself, before it is loaded: the operator decides with the facts in view. */
export function InspectionView({ inspection, name, error }: InspectionViewProps) {
  const models = useStore(modelsStore, (state) => state.models ?? NO_MODELS);
  const fault = modelNameFault(
    name,
    models.map((model) => model.name),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (fault === null) void loadFlow.confirm();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {error !== null && (
          <Alert
            color="red"
            variant="light"
            icon={<IconAlertCircle size={18} />}
            title="Loading failed"
            role="alert"
          >
            {error}
          </Alert>
        )}
        <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
          {inspection.path}
        </Text>
        <TextInput
          label="Name"
          description="Requests address the model by this name."
          value={name}
          error={fault}
          spellCheck={false}
          data-autofocus
          onChange={(event) => loadFlow.rename(event.currentTarget.value)}
        />
        <BatchingFact inspection={inspection} />
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
          <FileFacts inspection={inspection} />
          <StartSettings settings={inspection.settings} batchable={inspection.batchable} />
        </SimpleGrid>
        <TensorTable title="Inputs" tensors={inspection.inputs} />
        <TensorTable title="Outputs" tensors={inspection.outputs} />
        <Group justify="space-between">
          <Button variant="subtle" color="gray" onClick={loadFlow.restart}>
            Choose another
          </Button>
          <Group>
            <Button variant="default" onClick={loadFlow.close}>
              Cancel
            </Button>
            <Button type="submit" disabled={fault !== null}>
              Load
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}

function BatchingFact({ inspection }: { readonly inspection: ModelInspection }) {
  return (
    <Alert
      role="note"
      variant="light"
      color={!inspection.batchable ? 'gray' : inspection.batchingNote === null ? 'teal' : 'yellow'}
      p="xs"
      icon={<IconInfoCircle size={16} />}
      title={inspection.batchable ? 'Requests can be batched' : 'Requests will run one at a time'}
    >
      {formatSentence(
        inspection.batchingNote ??
          (inspection.batchable
            ? 'The first dimension of every input and output is free, so requests can share a run.'
            : 'The file has no free batch dimension.'),
      )}
    </Alert>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: React.ReactNode }) {
  return (
    <DataList.Item>
      <DataList.ItemLabel>{label}</DataList.ItemLabel>
      <DataList.ItemValue>{children}</DataList.ItemValue>
    </DataList.Item>
  );
}

function FileFacts({ inspection }: { readonly inspection: ModelInspection }) {
  return (
    <DataList size="sm" gap={6} labelWidth={110} aria-label="File">
      <Fact label="Kind">{inspection.kind === 'onnx-file' ? 'ONNX file' : 'Model folder'}</Fact>
      <Fact label="Size">{formatBytes(inspection.fileSizeBytes)}</Fact>
      <Fact label="Producer">{inspection.producer === '' ? 'not stated' : inspection.producer}</Fact>
      <Fact label="Operators">{formatCount(inspection.nodeCount)} nodes</Fact>
      <Fact label="Opsets">
        <Group gap={4}>
          {inspection.opsets.map((opset) => (
            <Badge key={opset.domain} size="sm" radius="sm" variant="default" tt="none" fw={500}>
              {opset.domain === '' ? 'ai.onnx' : opset.domain} {opset.version}
            </Badge>
          ))}
        </Group>
      </Fact>
      <Fact label="IR version">{inspection.irVersion}</Fact>
    </DataList>
  );
}

function StartSettings({
  settings,
  batchable,
}: {
  readonly settings: ModelSettings;
  readonly batchable: boolean;
}) {
  return (
    <DataList size="sm" gap={6} labelWidth={130} aria-label="Settings it starts with">
      <Fact label="Batching">
        {batchable && settings.batching !== 'off'
          ? `${settings.batching}, up to ${settings.maxBatchSize} rows`
          : 'off'}
      </Fact>
      <Fact label="Max queue delay">{formatUs(settings.maxQueueDelayUs)}</Fact>
      <Fact label="Max queue size">{formatCount(settings.maxQueueSize)} requests</Fact>
      <Fact label="Instances">
        {settings.instanceCount} with {settings.intraOpThreads}{' '}
        {settings.intraOpThreads === 1 ? 'thread' : 'threads'} each
      </Fact>
      <Fact label="Providers">{settings.executionProviders.join(', then ')}</Fact>
    </DataList>
  );
}
