import { Box, Group, Text } from '@mantine/core';
import type { ModelSummary } from '../../../engine/contract';
import { isOnCall, ModeBadge, ModelStateBadge, SimulatedBadge } from '../../components';
import { formatBytes, formatRate, formatSentence } from '../../format';
import { useModelRates } from '../../model-settings';
import { loadFailureOf } from './load-failure';
import classes from './models.module.css';
import { modelHash } from './selected-model';

interface ModelListProps {
  readonly models: readonly ModelSummary[];
  readonly selected: string | null;
}

/** Every model of the repository, loaded or not; each entry is a link, so that it can be opened, copied and gone back to. */
export function ModelList({ models, selected }: ModelListProps) {
  return (
    <ul className={classes.list} aria-label="Models">
      {models.map((model) => (
        <li key={model.name}>
          <ModelEntry model={model} current={model.name === selected} />
        </li>
      ))}
    </ul>
  );
}

function ModelEntry({ model, current }: { readonly model: ModelSummary; readonly current: boolean }) {
  const failure = loadFailureOf(model);
  const facts = [
    model.version === null ? null : `version ${model.version}`,
    model.backend === 'simulated' ? null : model.activeProvider,
    model.fileSizeBytes > 0 ? formatBytes(model.fileSizeBytes) : null,
  ].filter((fact) => fact !== null);
  return (
    <a className={classes.entry} href={modelHash(model.name)} aria-current={current}>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text fw={600} size="sm" truncate title={model.name}>
          {model.name}
        </Text>
        <Box flex="none">
          <ModelStateBadge model={model} />
        </Box>
      </Group>
      <Text size="xs" c="dimmed" mt={2}>
        {facts.join(' · ')}
      </Text>
      <Group justify="space-between" gap="xs" mt={4} wrap="nowrap">
        <Group gap={4}>
          <ModeBadge model={model} />
          {model.backend === 'simulated' && <SimulatedBadge />}
        </Group>
        <Rate name={model.name} />
      </Group>
      {isOnCall(model) && (
        <Text size="xs" c="dimmed" lineClamp={2} mt={4}>
          {formatSentence(model.reason ?? 'loaded with its first request')}
        </Text>
      )}
      {failure !== null && (
        <Text size="xs" c="var(--mantine-color-error)" lineClamp={2} mt={4}>
          {failure}
        </Text>
      )}
    </a>
  );
}

function Rate({ name }: { readonly name: string }) {
  const rates = useModelRates(name);
  if (rates === null || rates.requestsPerSecond === 0) return null;
  return (
    <Text size="xs" fw={600} style={{ whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }}>
      {formatRate(rates.requestsPerSecond)} req/s
    </Text>
  );
}
