import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  Group,
  Menu,
  Modal,
  Paper,
  Skeleton,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDotsVertical, IconDownload, IconHistory, IconRepeat, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { LoadTestRunSummary } from '../../../engine/contract';
import { downloadText, EmptyPanel } from '../../components';
import { formatCount, formatDateTime, formatMs, formatRate } from '../../format';
import { deleteLoadTest } from '../../stores';
import { executorText, historyCsv } from './export-run';
import classes from './load-test.module.css';
import { errorCount } from './run-verdict';

interface HistoryTableProps {
  /** Newest first; null while it is being read. */
  readonly runs: readonly LoadTestRunSummary[] | null;
  readonly error: string | null;
  readonly openId: string | null;
  readonly onOpen: (id: string) => void;
  readonly onDeleted: (id: string) => void;
  /** Null while another run goes on. */
  readonly onRepeat: ((run: LoadTestRunSummary) => void) | null;
}

/** Every kept run, one a line: to compare, open, repeat or delete. */
export function HistoryTable(props: HistoryTableProps) {
  const { runs, error } = props;
  const [deleting, setDeleting] = useState<LoadTestRunSummary | null>(null);
  return (
    <Paper className="ferry-panel" p="lg" component="section" aria-label="Load test history">
      <Group justify="space-between" mb="sm">
        <Title order={3} size="h4">
          History
        </Title>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={14} />}
          disabled={runs === null || runs.length === 0}
          onClick={() => downloadText('ferry-load-tests.csv', 'text/csv', historyCsv(runs ?? []))}
        >
          Export history
        </Button>
      </Group>
      {error !== null && (
        <Alert color="red" variant="light" title="The history could not be read" mb="sm">
          {error}
        </Alert>
      )}
      {runs === null && error === null && <Skeleton height={80} animate={false} />}
      {runs !== null && runs.length === 0 && (
        <EmptyPanel
          icon={<IconHistory size={28} />}
          title="No run is kept yet"
          description="Each load test that has run is kept here with its settings, so that before and after can be compared."
        />
      )}
      {runs !== null && runs.length > 0 && <Rows {...props} runs={runs} onDelete={setDeleting} />}
      <DeleteDialog run={deleting} onClose={() => setDeleting(null)} onDeleted={props.onDeleted} />
    </Paper>
  );
}

type RowsProps = Omit<HistoryTableProps, 'runs' | 'error'> & {
  readonly runs: readonly LoadTestRunSummary[];
  readonly onDelete: (run: LoadTestRunSummary) => void;
};

function Rows({ runs, ...rest }: RowsProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={classes.scroller} tabIndex={0} aria-label="History, scrollable">
      <Table aria-label="History" stickyHeader fz="sm" verticalSpacing={6} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Run</Table.Th>
            <Table.Th>Model</Table.Th>
            <Table.Th className={classes.spare}>Settings then</Table.Th>
            <Table.Th className={classes.numeric}>req/s</Table.Th>
            <Table.Th className={classes.numeric}>p50</Table.Th>
            <Table.Th className={classes.numeric}>p95</Table.Th>
            <Table.Th className={classes.numeric}>p99</Table.Th>
            <Table.Th className={classes.numeric}>Errors</Table.Th>
            <Table.Th aria-label="Actions" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Row key={run.id} run={run} {...rest} />
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

const milliseconds = (value: number | null) => (value === null ? 'n/a' : formatMs(value));

function Row({
  run,
  openId,
  onOpen,
  onRepeat,
  onDelete,
}: Omit<RowsProps, 'runs' | 'onDeleted'> & { readonly run: LoadTestRunSummary }) {
  const title = run.scenario.label === '' ? executorText(run.scenario.executor) : run.scenario.label;
  const errors = errorCount(run);
  return (
    <Table.Tr
      aria-current={openId === run.id ? 'true' : undefined}
      bg={openId === run.id ? 'var(--mantine-primary-color-light)' : undefined}
    >
      <Table.Td>
        <Button
          variant="transparent"
          size="compact-sm"
          p={0}
          onClick={() => onOpen(run.id)}
          aria-label={`Open run ${title}`}
        >
          {title}
        </Button>
        <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
          {formatDateTime(run.startedAtMs)}
          {run.state === 'finished' ? '' : ` · ${run.state}`}
        </Text>
      </Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        {run.scenario.model}
        <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
          {executorText(run.scenario.executor)}
        </Text>
      </Table.Td>
      <Table.Td className={classes.spare}>
        <Text size="xs" c="dimmed" lineClamp={2}>
          {run.settingsNote}
        </Text>
      </Table.Td>
      <Table.Td className={classes.numeric} fw={600}>
        {formatRate(run.achievedPerSecond)}
      </Table.Td>
      <Table.Td className={classes.numeric}>{milliseconds(run.latency.p50Ms)}</Table.Td>
      <Table.Td className={classes.numeric}>{milliseconds(run.latency.p95Ms)}</Table.Td>
      <Table.Td className={classes.numeric}>{milliseconds(run.latency.p99Ms)}</Table.Td>
      <Table.Td className={classes.numeric}>
        {errors === 0 ? (
          '0'
        ) : (
          <Badge color="red" variant="light">
            {formatCount(errors)}
          </Badge>
        )}
      </Table.Td>
      <Table.Td ta="right">
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={`Actions for run ${title}`}>
              <IconDotsVertical size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconRepeat size={16} />}
              disabled={onRepeat === null}
              onClick={() => onRepeat?.(run)}
            >
              Run again
            </Menu.Item>
            <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => onDelete(run)}>
              Delete…
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Table.Td>
    </Table.Tr>
  );
}

interface DeleteDialogProps {
  readonly run: LoadTestRunSummary | null;
  readonly onClose: () => void;
  readonly onDeleted: (id: string) => void;
}

function DeleteDialog({ run, onClose, onDeleted }: DeleteDialogProps) {
  const remove = async () => {
    if (run === null) return;
    onClose();
    try {
      await deleteLoadTest(run.id);
      onDeleted(run.id);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      notifications.show({ color: 'red', title: 'The run could not be deleted', message });
    }
  };
  return (
    <Modal
      opened={run !== null}
      onClose={onClose}
      title="Delete this run?"
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack>
        <Text size="sm">Its result is deleted from disk. Export it first if you may need it again.</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep
          </Button>
          <Button color="red" onClick={() => void remove()}>
            Delete
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
