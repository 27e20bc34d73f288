import { Button, Divider, FileButton, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconFile, IconFolder } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { loadFlow } from './model-load-flow';

/** Where the model comes from: native dialogs on the desktop; in a browser a file to send, or a path on the engine's machine. */
export function ChooseSource() {
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        Choose an .onnx file, or a model folder in Triton's layout (numbered versions, optional config.pbtxt).
        You see what it holds before anything is loaded. You can also drop a file anywhere on this window.
      </Text>
      {window.desktop === undefined ? <BrowserButtons /> : <DesktopButtons />}
      <Divider label={window.desktop === undefined ? "or a path on the engine's machine" : 'or a path'} />
      <PathField />
    </Stack>
  );
}

function DesktopButtons() {
  const take = async (pick: (() => Promise<string | null>) | undefined) => {
    const path = (await pick?.()) ?? null;
    if (path !== null) await loadFlow.openPath(path);
  };
  return (
    <Group>
      <Button leftSection={<IconFile size={18} />} onClick={() => void take(window.desktop?.pickModelFile)}>
        Choose file…
      </Button>
      <Button
        variant="default"
        leftSection={<IconFolder size={18} />}
        onClick={() => void take(window.desktop?.pickModelFolder)}
      >
        Choose folder…
      </Button>
    </Group>
  );
}

function BrowserButtons() {
  return (
    <Group>
      <FileButton
        accept=".onnx"
        onChange={(file) => file !== null && void loadFlow.takeFile(file)}
        inputProps={{ 'aria-label': 'Model file' }}
      >
        {(props) => (
          <Button {...props} leftSection={<IconFile size={18} />}>
            Choose file…
          </Button>
        )}
      </FileButton>
    </Group>
  );
}

function PathField() {
  const [path, setPath] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (path.trim() !== '') void loadFlow.openPath(path.trim());
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" wrap="nowrap">
        <TextInput
          flex={1}
          label="Path of a file or folder"
          placeholder="/models/resnet50.onnx"
          spellCheck={false}
          value={path}
          onChange={(event) => setPath(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={path.trim() === ''}>
          Inspect
        </Button>
      </Group>
    </form>
  );
}
