import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { DesktopEngine } from '../../electron/bridge';
import { connectionStore, restartEngine } from '../stores';

/** Says over the page (which stays) that the engine is gone, why, and what happens next. */
export function ConnectionBanner() {
  const { phase, engine } = useStore(connectionStore);
  if (phase === 'lost') {
    return (
      <Alert
        color="yellow"
        icon={<IconPlugConnectedX size={18} />}
        title="The connection to the engine was lost"
        role="status"
        radius={0}
      >
        What you see is from before. It is tried again by itself; the numbers go on when the engine answers.
      </Alert>
    );
  }
  if (phase === 'engine-down' && engine?.state === 'down') return <EngineDown engine={engine} />;
  if (phase === 'connecting' && engine?.state === 'starting' && engine.attempt > 1) {
    return (
      <Alert
        color="blue"
        title={`The engine is starting again (attempt ${engine.attempt})`}
        role="status"
        radius={0}
      >
        The models that were loaded are loaded again by themselves.
      </Alert>
    );
  }
  return null;
}

function EngineDown({ engine }: { readonly engine: Extract<DesktopEngine, { state: 'down' }> }) {
  const next =
    engine.retryInMs === null
      ? 'It is not started again by itself.'
      : `It is started again in ${Math.ceil(engine.retryInMs / 1000)} s, and the models that were loaded with it.`;
  return (
    <Alert
      color="red"
      icon={<IconAlertTriangle size={18} />}
      title={engine.kind === 'crash' ? 'The engine crashed' : 'The engine has stopped'}
      role="alert"
      radius={0}
    >
      <Group justify="space-between" align="flex-end">
        <div>
          <Text size="sm" style={{ whiteSpace: 'pre-wrap' }}>
            {engine.message}
          </Text>
          <Text size="sm">{next}</Text>
        </div>
        <Button size="xs" variant="white" color="red" onClick={() => void restartEngine()}>
          Restart now
        </Button>
      </Group>
    </Alert>
  );
}
