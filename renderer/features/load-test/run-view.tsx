import {
  Alert,
  Badge,
  Button,
  Group,
  Menu,
  Paper,
  Progress,
  SimpleGrid,
  Stack,
  Table,
  Text,
} from '@mantine/core';
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconDownload,
  IconInfoCircle,
  IconRepeat,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { LatencySummary, LoadTestRun } from '../../../engine/contract';
import { downloadText, StatTile } from '../../components';
import { formatCount, formatDateTime, formatMs, formatPercent, formatRate } from '../../format';
import { executorText, exportName, runPointsCsv } from './export-run';
import { RunCharts } from './run-chart';
import { errorCount, generatorWasLate, LIVE_STATES, type RunVerdict, verdictOf } from './run-verdict';

interface RunViewProps {
  readonly run: LoadTestRun;
  /** Puts the scenario into the form and starts it; null while a run goes on or the model is gone. */
  readonly onRepeat: (() => void) | null;
}

const TONES: Readonly<Record<RunVerdict['tone'], { readonly color: string; readonly icon: ReactNode }>> = {
  good: { color: 'teal', icon: <IconCircleCheck size={20} /> },
  caution: { color: 'yellow', icon: <IconAlertTriangle size={20} /> },
  bad: { color: 'red', icon: <IconAlertTriangle size={20} /> },
  neutral: { color: 'gray', icon: <IconInfoCircle size={20} /> },
};

/** A run, live or kept: what it came to in plain words, then the numbers, then how they went over time. */
export function RunView({ run, onRepeat }: RunViewProps) {
  const verdict = verdictOf(run);
  const live = LIVE_STATES.has(run.state);
  const tone = TONES[verdict.tone];
  return (
    <Paper className="ferry-panel" p="lg" component="section" aria-label="Load test result">
      <Stack gap="md">
        <Group justify="space-between" align="flex-start">
          <Stack gap={2}>
            <Group gap="xs">
              <Text fw={600}>{run.scenario.label === '' ? run.scenario.model : run.scenario.label}</Text>
              <Badge
                size="sm"
                variant="light"
                tt="none"
                color={live ? 'blue' : run.state === 'failed' ? 'red' : 'gray'}
              >
                {run.state}
              </Badge>
            </Group>
            <Text size="xs" c="dimmed">
              {run.scenario.model} · {executorText(run.scenario.executor)} · {formatDateTime(run.startedAtMs)}
              {run.settingsNote === '' ? '' : ` · ${run.settingsNote}`}
            </Text>
          </Stack>
          {!live && <RunActions run={run} onRepeat={onRepeat} />}
        </Group>
        <Alert
          color={tone.color}
          variant="light"
          icon={tone.icon}
          aria-label="Verdict"
          role={live ? undefined : 'status'}
        >
          {verdict.sentence}
        </Alert>
        {live && <RunProgress run={run} />}
        <Numbers run={run} />
        <LatencyTable run={run} />
        <ErrorTable run={run} />
        {run.points.length > 0 && <RunCharts run={run} />}
      </Stack>
    </Paper>
  );
}

function RunActions({ run, onRepeat }: RunViewProps) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Button
        size="xs"
        variant="default"
        leftSection={<IconRepeat size={14} />}
        disabled={onRepeat === null}
        onClick={() => onRepeat?.()}
      >
        Run again
      </Button>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<IconDownload size={14} />}>
            Export
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            onClick={() =>
              downloadText(exportName(run, '.json'), 'application/json', JSON.stringify(run, null, 2))
            }
          >
            Everything as JSON
          </Menu.Item>
          <Menu.Item onClick={() => downloadText(exportName(run, '.csv'), 'text/csv', runPointsCsv(run))}>
            Seconds as CSV
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

function RunProgress({ run }: { readonly run: LoadTestRun }) {
  const share = Math.min(1, run.measuredMs / run.scenario.durationMs);
  const left = Math.max(0, run.scenario.durationMs - run.measuredMs) / 1_000;
  return (
    <Stack gap={4}>
      <Progress value={share * 100} aria-label="Load test progress" />
      <Text size="xs" c="dimmed">
        {run.state === 'warming-up'
          ? 'warm-up, not counted'
          : `${formatPercent(share)}, ${Math.ceil(left)} s left`}
      </Text>
    </Stack>
  );
}

function Numbers({ run }: { readonly run: LoadTestRun }) {
  const { counts } = run;
  const late = generatorWasLate(run);
  return (
    <SimpleGrid cols={{ base: 3, lg: 4 }} spacing="md" verticalSpacing="sm">
      <StatTile label="Achieved" value={`${formatRate(run.achievedPerSecond)} req/s`} />
      <StatTile label="Inferences" value={`${formatRate(run.inferencesPerSecond)} rows/s`} />
      <StatTile label="Offered" value={formatCount(counts.offered)} />
      <StatTile label="Sent" value={formatCount(counts.sent)} />
      <StatTile label="Answered" value={formatCount(counts.succeeded)} />
      <StatTile
        label="Dropped"
        value={formatCount(counts.dropped)}
        tone={counts.dropped > 0 ? 'caution' : undefined}
      />
      <StatTile
        label="Errors"
        value={formatCount(errorCount(run))}
        tone={errorCount(run) > 0 ? 'bad' : undefined}
      />
      <StatTile
        label="Generator lag p99"
        value={run.generatorLagP99Ms === null ? 'n/a' : formatMs(run.generatorLagP99Ms)}
        tone={late ? 'caution' : undefined}
        title="How late the load generator itself sent. When this is large, the result is partly the generator's."
      />
    </SimpleGrid>
  );
}

const PERCENTILES: readonly (readonly [name: string, key: keyof LatencySummary])[] = [
  ['p50', 'p50Ms'],
  ['p90', 'p90Ms'],
  ['p95', 'p95Ms'],
  ['p99', 'p99Ms'],
  ['max', 'maxMs'],
  ['mean', 'meanMs'],
];

function LatencyTable({ run }: { readonly run: LoadTestRun }) {
  const row = (title: string, hint: string, summary: LatencySummary) => (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        {title}
        <Text size="xs" c="dimmed" fw={400}>
          {hint}
        </Text>
      </Table.Th>
      {PERCENTILES.map(([name, key]) => {
        const value = summary[key];
        return (
          <Table.Td
            key={name}
            ta="right"
            style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}
          >
            {value === null ? 'n/a' : formatMs(value)}
          </Table.Td>
        );
      })}
    </Table.Tr>
  );
  return (
    <Table aria-label="Latency" verticalSpacing={6} fz="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Latency</Table.Th>
          {PERCENTILES.map(([name]) => (
            <Table.Th key={name} ta="right">
              {name}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {row('Response time', 'from the intended start: what a user feels', run.latency)}
        {row('Service time', 'from the actual send: what the server took', run.serviceTime)}
      </Table.Tbody>
    </Table>
  );
}

function ErrorTable({ run }: { readonly run: LoadTestRun }) {
  const errors = Object.entries(run.counts.errors).sort((a, b) => b[1] - a[1]);
  if (errors.length === 0) return null;
  return (
    <Table aria-label="Errors by kind" verticalSpacing={4} fz="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Error</Table.Th>
          <Table.Th ta="right">Requests</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {errors.map(([kind, count]) => (
          <Table.Tr key={kind}>
            <Table.Td>{kind}</Table.Td>
            <Table.Td ta="right">{formatCount(count)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
