import { Alert, Button, Center, Group, Loader, Modal, Progress, Stack, Text } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { formatPercent } from '../../format';
import { ChooseSource } from './choose-source';
import { dropStore } from './dropped-files';
import { InspectionView } from './inspection-view';
import type { LoadStage } from './load-flow';
import { loadFlow } from './model-load-flow';
import classes from './models.module.css';

/** "Load model" from choice to ready, and what shows that a dragged file may be dropped. */
export function LoadModelDialog() {
  const opened = useStore(loadFlow.store, (state) => state.opened);
  const stage = useStore(loadFlow.store, (state) => state.stage);
  const dragging = useStore(dropStore, (state) => state.dragging);
  return (
    <>
      <Modal
        opened={opened}
        onClose={loadFlow.close}
        title="Load model"
        size="xl"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Stage stage={stage} />
      </Modal>
      {dragging && (
        <div className={classes.dropVeil} aria-hidden>
          <Text size="xl" fw={600}>
            Drop an .onnx file to see what it holds
          </Text>
        </div>
      )}
    </>
  );
}

function Stage({ stage }: { readonly stage: LoadStage }) {
  switch (stage.kind) {
    case 'choose':
      return (
        <Stack>
          {stage.error !== null && (
            <Alert
              color="red"
              variant="light"
              icon={<IconAlertCircle size={18} />}
              title="This cannot be loaded"
              role="alert"
            >
              {stage.error}
            </Alert>
          )}
          <ChooseSource />
        </Stack>
      );
    case 'uploading':
      return (
        <Stack py="md">
          <Text size="sm">
            Sending {stage.fileName} to the engine: {formatPercent(stage.share)}
          </Text>
          <Progress value={stage.share * 100} aria-label="Upload progress" animated={false} />
          <Group justify="flex-end">
            <Button variant="default" onClick={loadFlow.restart}>
              Cancel
            </Button>
          </Group>
        </Stack>
      );
    case 'inspecting':
      return (
        <Stack py="md" align="center">
          <Loader size="sm" />
          <Text size="sm" role="status" style={{ overflowWrap: 'anywhere' }}>
            Reading {stage.path}
          </Text>
          <Button variant="default" onClick={loadFlow.restart}>
            Cancel
          </Button>
        </Stack>
      );
    case 'inspected':
      return <InspectionView inspection={stage.inspection} name={stage.name} error={stage.error} />;
    case 'loading':
      return <Loading name={stage.name} sinceMs={stage.sinceMs} />;
  }
}

function Loading({ name, sinceMs }: { readonly name: string; readonly sinceMs: number }) {
  const [nowMs, setNowMs] = useState(sinceMs);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return (
    <Center py="md">
      <Stack align="center" gap="sm">
        <Loader size="sm" />
        <Text size="sm" role="status">
          Copying {name} into the repository and loading it
        </Text>
        <Text size="xs" c="dimmed">
          {Math.max(0, Math.floor((nowMs - sinceMs) / 1_000))} s
        </Text>
        <Button variant="default" onClick={loadFlow.close}>
          Continue in the background
        </Button>
      </Stack>
    </Center>
  );
}
