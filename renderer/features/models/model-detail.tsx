import { Alert, Badge, DataList, Group, Paper, Stack, Tabs, Text, Title } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { ModelSummary } from '../../../engine/contract';
import { isOnCall, ModeBadge, ModelStateBadge, SimulatedBadge } from '../../components';
import { formatBytes, formatMs, formatSentence } from '../../format';
import { SettingsPanel } from '../../model-settings';
import { BatchInspector } from './batch-inspector';
import { ConfigurationView } from './configuration-view';
import { CostCurveView } from './cost-curve-view';
import { loadFailureOf } from './load-failure';
import { ModelActions } from './model-actions';
import { TensorTable } from './tensor-table';

/** Everything about one model: state and actions on top; settings, tensors and batches as tabs. */
export function ModelDetail({ model }: { readonly model: ModelSummary }) {
  return (
    <Paper className="ferry-panel" p="lg" component="section" aria-label={`Model ${model.name}`}>
      <Stack gap="md">
        <Group justify="space-between" align="flex-start">
          <Stack gap={4} miw={0}>
            <Group gap="xs">
              <Title order={3} style={{ overflowWrap: 'anywhere' }}>
                {model.name}
              </Title>
              <ModelStateBadge model={model} />
              <ModeBadge model={model} />
              {model.backend === 'simulated' && <SimulatedBadge />}
            </Group>
            <Versions model={model} />
          </Stack>
          <ModelActions model={model} />
        </Group>
        <StateReason model={model} />
        <Tabs defaultValue="settings" keepMounted={false}>
          <Tabs.List>
            <Tabs.Tab value="settings">Settings</Tabs.Tab>
            <Tabs.Tab value="cost">Cost curve</Tabs.Tab>
            <Tabs.Tab value="tensors">Inputs and outputs</Tabs.Tab>
            <Tabs.Tab value="configuration">Configuration</Tabs.Tab>
            <Tabs.Tab value="batches">Batches</Tabs.Tab>
            <Tabs.Tab value="facts">About</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="settings" pt="md">
            <SettingsPanel model={model} />
          </Tabs.Panel>
          <Tabs.Panel value="cost" pt="md">
            <CostCurveView model={model} />
          </Tabs.Panel>
          <Tabs.Panel value="tensors" pt="md">
            <Stack gap="lg">
              <TensorTable title="Inputs" tensors={model.inputs} />
              <TensorTable title="Outputs" tensors={model.outputs} />
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="configuration" pt="md">
            <ConfigurationView model={model} />
          </Tabs.Panel>
          <Tabs.Panel value="batches" pt="md">
            <BatchInspector model={model.name} ready={model.state === 'ready'} />
          </Tabs.Panel>
          <Tabs.Panel value="facts" pt="md">
            <Facts model={model} />
          </Tabs.Panel>
        </Tabs>
      </Stack>
    </Paper>
  );
}

function Versions({ model }: { readonly model: ModelSummary }) {
  return (
    <Group gap={4}>
      <Text size="xs" c="dimmed">
        {model.versionsOnDisk.length === 1 ? 'version' : 'versions'}
      </Text>
      {model.versionsOnDisk.map((version) => {
        const ready = model.versionsReady.includes(version);
        return (
          <Badge
            key={version}
            size="sm"
            radius="sm"
            tt="none"
            variant={version === model.version ? 'light' : 'default'}
            color={ready ? 'teal' : 'gray'}
            title={
              version === model.version
                ? 'answers when a request names no version'
                : ready
                  ? 'ready'
                  : 'on disk'
            }
          >
            {version}
          </Badge>
        );
      })}
    </Group>
  );
}

function StateReason({ model }: { readonly model: ModelSummary }) {
  const failure = loadFailureOf(model);
  if (failure !== null)
    return (
      <Alert
        color="red"
        variant="light"
        title="This model is not served"
        icon={<IconAlertCircle size={18} />}
      >
        {formatSentence(failure)}
      </Alert>
    );
  if (isOnCall(model))
    return (
      <Text size="sm" c="dimmed">
        Not in memory: loaded with its next request, which waits for it.
        {model.reason !== null && ` ${formatSentence(model.reason)}.`}
      </Text>
    );
  if (model.state === 'unavailable')
    return (
      <Text size="sm" c="dimmed">
        Not loaded: requests for it are refused until it is.
      </Text>
    );
  if (model.state === 'ready' || model.reason === null || model.reason === '') return null;
  return (
    <Text size="sm" c="dimmed">
      {formatSentence(model.state)}: {model.reason}
    </Text>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <DataList.Item>
      <DataList.ItemLabel>{label}</DataList.ItemLabel>
      <DataList.ItemValue style={{ overflowWrap: 'anywhere' }}>{children}</DataList.ItemValue>
    </DataList.Item>
  );
}

function Facts({ model }: { readonly model: ModelSummary }) {
  return (
    <DataList size="sm" gap={8} labelWidth={140} aria-label="About this model">
      <Fact label="Backend">{model.backend === 'simulated' ? 'simulated device' : 'ONNX Runtime'}</Fact>
      <Fact label="Provider in use">{model.activeProvider ?? 'none while not loaded'}</Fact>
      <Fact label="Instances ready">
        {model.instancesReady} of {model.settings.instanceCount}
      </Fact>
      <Fact label="Batching">
        {model.batchable ? 'possible' : formatSentence(model.batchingNote ?? 'not possible')}
      </Fact>
      <Fact label="File size">{formatBytes(model.fileSizeBytes)}</Fact>
      <Fact label="Last load took">
        {model.loadDurationMs === null ? 'not loaded yet' : formatMs(model.loadDurationMs)}
      </Fact>
      <Fact label="Folder">{model.repositoryPath}</Fact>
    </DataList>
  );
}
