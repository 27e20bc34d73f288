import { Alert, Button, Group, Progress, Stack, Text } from '@mantine/core';
import { IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import type { ShowMeStatus } from '../../../engine/contract';
import { failed } from '../../components';
import { formatMs, formatNumber, formatRate } from '../../format';
import { modelsStore, showMeStore, startShowMe, stopShowMe } from '../../stores';
import classes from './overview.module.css';

/** Half a minute that shows what batching does: off, then on, under the same clients, and one sentence at the end. */
export function ShowMe() {
  const status = useStore(showMeStore, (state) => state.status);
  const canShow = useStore(modelsStore, (state) =>
    (state.models ?? []).some((model) => model.state === 'ready' && model.batchable),
  );
  const going = status?.stage === 'batching-off' || status?.stage === 'batching-on';
  return (
    <Stack gap="xs" role="group" aria-label="Show me what batching does">
      <Group gap="sm" wrap="nowrap">
        <ShowButton going={going} canShow={canShow} again={status?.stage === 'done'} />
        <Text size="xs" c="dimmed" role="status">
          {lineOf(status, canShow)}
        </Text>
      </Group>
      {going && status && (
        <Progress value={status.progress * 100} aria-label="Progress of the show" size="sm" />
      )}
      {status && <Outcome status={status} />}
    </Stack>
  );
}

interface ShowButtonProps {
  readonly going: boolean;
  readonly canShow: boolean;
  readonly again: boolean;
}

function ShowButton({ going, canShow, again }: ShowButtonProps) {
  const [asked, setAsked] = useState(false);
  const act = (work: () => Promise<void>, title: string) => {
    setAsked(true);
    work()
      .catch(failed(title))
      .finally(() => setAsked(false));
  };
  if (going)
    return (
      <Button
        flex="none"
        variant="default"
        loading={asked}
        leftSection={<IconPlayerStop size={16} />}
        onClick={() => act(stopShowMe, 'The show did not stop')}
      >
        Stop the show
      </Button>
    );
  return (
    <Button
      flex="none"
      disabled={!canShow}
      loading={asked}
      leftSection={<IconPlayerPlay size={16} />}
      onClick={() => act(startShowMe, 'The show did not start')}
    >
      {again ? 'Show me again' : 'Show me'}
    </Button>
  );
}

function lineOf(status: ShowMeStatus | null, canShow: boolean): string {
  const who = status ? `${status.clients} clients on ${status.model}` : '';
  if (status?.stage === 'batching-off') return `1 of 2: batching off, each request runs alone · ${who}`;
  if (status?.stage === 'batching-on') return `2 of 2: batching on, requests leave packed · ${who}`;
  if (!canShow) return 'Load a model that can batch to see here what batching does.';
  if (status?.stage === 'stopped') return 'Stopped; the settings are back as they were.';
  if (status?.stage === 'done') return `${who}, batching off, then on`;
  return 'See what batching does: one model, the same clients, batching off, then on. About 30 seconds.';
}

function Outcome({ status: { stage, error, sentence, off, on } }: { readonly status: ShowMeStatus }) {
  if (stage === 'failed')
    return (
      <Alert color="red" variant="light" title="The show failed" role="alert">
        {error}
      </Alert>
    );
  if (stage === 'stopped' || stage === 'idle') return null;
  return (
    <>
      {stage === 'done' && sentence && (
        <Text fw={600} role="status" aria-label="Result of the show">
          {sentence.replaceAll('->', '→')}
        </Text>
      )}
      {off && (
        <div className={classes.outcome}>
          <Half name="Batching off" half={off} batch={null} />
          {on && <Half name="Batching on" half={on} batch={on.meanBatchSize} />}
        </div>
      )}
    </>
  );
}

interface HalfProps {
  readonly name: string;
  readonly half: NonNullable<ShowMeStatus['off']>;
  readonly batch: number | null;
}

function Half({ name, half, batch }: HalfProps) {
  const ms = (value: number | null) => (value === null ? 'n/a' : formatMs(value));
  return (
    <>
      <span>{name}</span>
      <b>{formatRate(half.requestsPerSecond)} req/s</b>
      <span>
        p50 {ms(half.p50Ms)}, p95 {ms(half.p95Ms)}
      </span>
      <span>{batch === null ? '' : `mean batch ${formatNumber(batch)}`}</span>
    </>
  );
}
