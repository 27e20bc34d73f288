import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconPlugConnectedX, IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { DesktopEngine } from '../../electron/bridge';
import { connectionStore, restartEngine } from '../stores';
import { attempt } from './attempt';
import classes from './connection-banner.module.css';

/** Says over the page (which stays) that the engine is gone, why, and what happens next. */
export function ConnectionBanner() {
  const phase = useStore(connectionStore, (state) => state.phase);
  const engine = useStore(connectionStore, (state) => state.engine);
  if (phase === 'lost')
    return (
      <Alert
        className={classes.banner}
        color="yellow"
        icon={<IconPlugConnectedX size={18} />}
        title="The connection to the engine was lost"
        role="status"
      >
        What you see is from before. It is tried again by itself; the numbers go on when the engine answers.
      </Alert>
    );
  if (phase === 'engine-down' && engine?.state === 'down') return <EngineDown engine={engine} />;
  if (phase === 'connecting' && engine?.state === 'starting' && engine.attempt > 1)
    return (
      <Alert
        className={classes.banner}
        color="blue"
        icon={<IconRefresh size={18} />}
        title={`The engine is starting again (attempt ${engine.attempt})`}
        role="status"
      >
        The models that were loaded are loaded again by themselves.
      </Alert>
    );
  return null;
}

type Down = Extract<DesktopEngine, { state: 'down' }>;

function EngineDown({ engine }: { readonly engine: Down }) {
  const [restarting, setRestarting] = useState(false);
  const restart = () => {
    setRestarting(true);
    attempt(() => restartEngine().finally(() => setRestarting(false)), 'The engine was not restarted');
  };
  return (
    <Alert
      className={classes.banner}
      color="red"
      icon={<IconAlertTriangle size={18} />}
      title={engine.kind === 'crash' ? 'The engine crashed' : 'The engine has stopped'}
      role="alert"
    >
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <div className={classes.words}>
          <Reason engine={engine} />
          <NextAttempt key={engine.retryInMs} engine={engine} />
        </div>
        <Button size="xs" color="red" flex="none" loading={restarting} onClick={restart}>
          Restart now
        </Button>
      </Group>
    </Alert>
  );
}

/** What happened, in a line; what the engine wrote last is folded away while it comes back by itself. */
function Reason({ engine: { message, retryInMs } }: { readonly engine: Down }) {
  const [what, ...more] = message.split('\n');
  return (
    <>
      <Text size="sm">{what}</Text>
      {more.length > 0 && (
        <details className={classes.details} open={retryInMs === null}>
          <summary>Details</summary>
          <pre className={classes.message}>{more.join('\n')}</pre>
        </details>
      )}
    </>
  );
}

/** Counts down to the next attempt. Not a live region: a reader hears the alert once, not every second. */
function NextAttempt({ engine: { retryInMs } }: { readonly engine: Down }) {
  const [left, setLeft] = useState(Math.ceil((retryInMs ?? 0) / 1000));
  useEffect(() => {
    if (retryInMs === null) return;
    const timer = setInterval(() => setLeft((seconds) => Math.max(0, seconds - 1)), 1000);
    return () => clearInterval(timer);
  }, [retryInMs]);
  if (retryInMs === null) return <Text size="sm">It is not started again by itself.</Text>;
  return (
    <Text size="sm" aria-live="off">
      {left > 0 ? `It is started again in ${left} s` : 'It is being started again'}, and with it the models
      that were loaded.
    </Text>
  );
}
