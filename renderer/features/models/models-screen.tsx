import { Alert, Button, Group, Kbd, Skeleton, Stack, Title } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconPackageImport, IconPlus, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import type { ModelSummary } from '../../../engine/contract';
import { EmptyPanel } from '../../components';
import { modelsStore, rescan, statusStore } from '../../stores';
import { LoadModelDialog } from './load-model-dialog';
import { ModelDetail } from './model-detail';
import { ModelList } from './model-list';
import { loadFlow } from './model-load-flow';
import classes from './models.module.css';
import { useSelectedModel } from './selected-model';

/** Screen "Models": the repository's models, and everything about the one the address names. */
export function ModelsScreen() {
  const models = useStore(modelsStore, (state) => state.models);
  const selected = useSelectedModel();
  useHotkeys([['l', loadFlow.open]]);
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <Title order={2}>Models</Title>
        <Group gap="xs">
          <RescanButton />
          <Button
            leftSection={<IconPlus size={18} />}
            onClick={loadFlow.open}
            rightSection={<Kbd size="xs">L</Kbd>}
            aria-label="Load model"
          >
            Load model
          </Button>
        </Group>
      </Group>
      <Content models={models} selected={selected} />
      <LoadModelDialog />
    </Stack>
  );
}

function Content({
  models,
  selected,
}: {
  readonly models: readonly ModelSummary[] | null;
  readonly selected: string | null;
}) {
  if (models === null) return <LoadingList />;
  if (models.length === 0)
    return (
      <EmptyPanel
        icon={<IconPackageImport size={32} />}
        title="No model yet"
        description="Open an .onnx file, drop one on this window, or put a model folder into the repository and rescan."
        action={<Button onClick={loadFlow.open}>Load a model</Button>}
      />
    );
  const shown = selected === null ? models[0] : models.find((model) => model.name === selected);
  return (
    <div className={classes.layout}>
      <ModelList models={models} selected={shown?.name ?? null} />
      {shown === undefined ? (
        <Alert variant="light" color="yellow" title={`No model named "${selected}"`}>
          It may have been removed or renamed. Choose one from the list.
        </Alert>
      ) : (
        <ModelDetail key={shown.name} model={shown} />
      )}
    </div>
  );
}

function LoadingList() {
  return (
    <div className={classes.layout} role="status" aria-label="Loading the list of models">
      <Stack gap="xs">
        {['a', 'b', 'c'].map((key) => (
          <Skeleton key={key} height={68} radius="md" animate={false} />
        ))}
      </Stack>
      <Skeleton height={360} radius="md" animate={false} />
    </div>
  );
}

function RescanButton() {
  const [busy, setBusy] = useState(false);
  const path = useStore(statusStore, (state) => state.status?.repositoryPath ?? '');
  const run = async () => {
    setBusy(true);
    try {
      await rescan();
    } catch (error) {
      notifications.show({
        color: 'red',
        title: 'Rescan failed',
        message: error instanceof Error ? error.message : String(error),
      });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button
      variant="default"
      leftSection={<IconRefresh size={18} />}
      loading={busy}
      onClick={() => void run()}
      title={`Read ${path} again`}
    >
      Rescan
    </Button>
  );
}
