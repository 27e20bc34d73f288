import { Alert, Button, Group, Progress, Stack, Text } from '@mantine/core';
import { IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { ShowMeStatus } from '../../../engine/contract';
import { formatMs, formatNumber, formatRate } from '../../format';
import { modelsStore, showMeStore, startShowMe, stopShowMe } from '../../stores';
import { failed } from './failed';

const STAGES: Readonly<Record<ShowMeStatus['stage'], string>> = {
  idle: '',
  'batching-off': 'Batching is off: each request runs alone',
  'batching-on': 'Batching is on: the same clients, packed',
  done: '',
  stopped: 'The show was stopped; the settings are back as they were.',
  failed: '',
};

/** Half a minute that shows what batching does: off, then on, under the same clients, and one sentence at the end. */
export function ShowMe() {
  const status = useStore(showMeStore, (state) => state.status);
  const canShow = useStore(modelsStore, (state) => (state.models ?? []).some((model) => model.state === 'ready' && model.batchable));
  const going = status?.stage === 'batching-off' || status?.stage === 'batching-on';
  return (
    <Stack gap="xs">
      <Group gap="sm">
        {going ? (
          <Button variant="light" color="red" leftSection={<IconPlayerStop size={16} />} onClick={() => stopShowMe().catch(failed('The show did not stop'))}>
            Stop the show
          </Button>
        ) : (
          <Button leftSection={<IconPlayerPlay size={16} />} disabled={!canShow} onClick={() => startShowMe().catch(failed('The show did not start'))}>
            Show me
          </Button>
        )}
        <Text size="sm" c="dimmed" flex={1} miw={240} role="status">
          {going && status ? `${STAGES[status.stage]} · ${status.clients} clients on ${status.model}` : canShow ? 'About 30 seconds: a model with batching off, then on, under the same clients.' : 'Load a model that can batch to see what batching does.'}
        </Text>
      </Group>
      {going && status && <Progress value={status.progress * 100} aria-label="Progress of the show" size="sm" />}
      {status && <Outcome status={status} />}
    </Stack>
  );
}

function Outcome({ status }: { readonly status: ShowMeStatus }) {
  if (status.stage === 'failed') return <Alert color="red" title="The show failed">{status.error}</Alert>;
  if (status.stage === 'stopped') return <Text size="sm">{STAGES.stopped}</Text>;
  return (
    <>
      {status.stage === 'done' && status.sentence && (
        <Alert color="teal" title="What batching does here" role="status">
          <Text fw={600}>{status.sentence}</Text>
        </Alert>
      )}
      {status.off && (
        <Text size="sm" className="ferry-numbers">
          Off: {formatRate(status.off.requestsPerSecond)} req/s{latency(status.off)}
          {status.on && ` · On: ${formatRate(status.on.requestsPerSecond)} req/s${latency(status.on)}${status.on.meanBatchSize === null ? '' : `, mean batch ${formatNumber(status.on.meanBatchSize)}`}`}
        </Text>
      )}
    </>
  );
}

function latency({ p50Ms, p95Ms }: { readonly p50Ms: number | null; readonly p95Ms: number | null }): string {
  return p50Ms === null || p95Ms === null ? '' : `, p50 ${formatMs(p50Ms)}, p95 ${formatMs(p95Ms)}`;
}
