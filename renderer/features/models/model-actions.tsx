import { ActionIcon, Button, Group, Menu, Modal, Stack, Text } from '@mantine/core';
import {
  IconDotsVertical,
  IconFolderOpen,
  IconPlayerEject,
  IconPlayerPlay,
  IconRocket,
  IconTrash,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import type { ModelSummary } from '../../../engine/contract';
import { failed } from '../../components';
import { loadModel, modelsStore, removeModel, unloadModel } from '../../stores';
import { selectModel } from './selected-model';

async function orSay(title: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    failed(title)(error);
    return false;
  }
}

/** Load or unload, reveal, remove (only when unloaded, and only after a question). */
export function ModelActions({ model }: { readonly model: ModelSummary }) {
  const busy = useStore(modelsStore, (state) => state.busy.has(model.name));
  const [removing, setRemoving] = useState(false);
  const moving = busy || model.state === 'loading' || model.state === 'unloading';
  return (
    <Group gap="xs" wrap="nowrap">
      {model.state === 'ready' || model.state === 'unloading' ? (
        <Button
          variant="default"
          leftSection={<IconPlayerEject size={16} />}
          loading={moving}
          onClick={() => void orSay(`${model.name} could not be unloaded`, () => unloadModel(model.name))}
        >
          Unload
        </Button>
      ) : (
        <Button
          leftSection={<IconPlayerPlay size={16} />}
          loading={moving}
          onClick={() => void orSay(`${model.name} could not be loaded`, () => loadModel(model.name))}
        >
          Load
        </Button>
      )}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label={`More actions for ${model.name}`}>
            <IconDotsVertical size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            component="a"
            href={`#/load-test/${encodeURIComponent(model.name)}`}
            leftSection={<IconRocket size={16} />}
          >
            Load test
          </Menu.Item>
          {window.desktop !== undefined && (
            <Menu.Item
              leftSection={<IconFolderOpen size={16} />}
              onClick={() =>
                void orSay('The folder could not be shown', async () =>
                  window.desktop?.reveal(model.repositoryPath),
                )
              }
            >
              Reveal folder
            </Menu.Item>
          )}
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={16} />}
            disabled={moving}
            onClick={() => setRemoving(true)}
          >
            Remove…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RemoveDialog model={model} opened={removing} onClose={() => setRemoving(false)} />
    </Group>
  );
}

interface RemoveDialogProps {
  readonly model: ModelSummary;
  readonly opened: boolean;
  readonly onClose: () => void;
}

function RemoveDialog({ model, opened, onClose }: RemoveDialogProps) {
  const [busy, setBusy] = useState(false);
  const loaded = model.state === 'ready';
  const remove = async () => {
    setBusy(true);
    const removed = await orSay(`${model.name} could not be removed`, async () => {
      if (loaded) await unloadModel(model.name);
      await removeModel(model.name);
    });
    setBusy(false);
    onClose();
    if (removed) selectModel(null);
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Remove ${model.name}?`}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack>
        <Text size="sm">
          {loaded && 'The model is unloaded first; requests that it already has are answered. '}
          Its folder is deleted from the repository, all versions and config.pbtxt included. This cannot be
          undone.
        </Text>
        <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
          {model.repositoryPath}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep
          </Button>
          <Button color="red" loading={busy} onClick={() => void remove()}>
            {loaded ? 'Unload and remove' : 'Remove'}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
