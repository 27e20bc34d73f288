import { ActionIcon, Code, CopyButton, Group, Text, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { formatDuration } from '../../format';
import { modelsStore, statusStore } from '../../stores';
import { curlExample, exampleModel } from './curl-example';
import classes from './overview.module.css';

/** Where requests go, and a first one to paste into a terminal. */
export function Address() {
  const status = useStore(statusStore, (state) => state.status);
  const models = useStore(modelsStore, (state) => state.models);
  if (!status?.http)
    return (
      <Text size="sm" c="dimmed">
        The inference address is not open yet.
      </Text>
    );
  const example = exampleModel(models ?? []);
  const { url } = status.http;
  return (
    <div className={classes.address}>
      <Text size="sm" c="dimmed">
        Inference
      </Text>
      <Group gap={6} wrap="nowrap" miw={0}>
        <Code fz="sm" flex="none">
          {url}
        </Code>
        <Copy label="Copy the address" value={url} />
        <Text
          size="xs"
          c="dimmed"
          truncate
          title="Open Inference Protocol version 2, as Triton and KServe speak it"
        >
          Open Inference Protocol v2 · up {formatDuration(Date.now() - status.startedAtMs)}
        </Text>
      </Group>
      {example && (
        <>
          <Text size="sm" c="dimmed">
            Try it
          </Text>
          <Group gap={6} wrap="nowrap" miw={0}>
            <Code fz="xs" className={classes.example} title={curlExample(url, example)}>
              {curlExample(url, example)}
            </Code>
            <Copy label="Copy the example" value={curlExample(url, example)} />
          </Group>
        </>
      )}
    </div>
  );
}

function Copy({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : label}>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} onClick={copy}>
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}
