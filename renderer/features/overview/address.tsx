import { ActionIcon, Code, CopyButton, Group, Text, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { ModelSummary, TensorSpec } from '../../../engine/contract';
import { formatDuration } from '../../format';
import { statusStore } from '../../stores';

/** Where requests go, and a first one to paste into a terminal. */
export function Address({ models }: { readonly models: readonly ModelSummary[] }) {
  const status = useStore(statusStore, (state) => state.status);
  if (!status?.http) return <Text c="dimmed">The inference door is not open yet.</Text>;
  const example = models.find((model) => model.state === 'ready');
  return (
    <div>
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          Inference address
        </Text>
        <Code fz="sm">{status.http.url}</Code>
        <Copy label="Copy the address" value={status.http.url} />
        <Text size="sm" c="dimmed">
          Open Inference Protocol · up {formatDuration(Date.now() - status.startedAtMs)}
        </Text>
      </Group>
      {example && (
        <Group gap="xs" mt={6} wrap="nowrap">
          <Text size="sm" c="dimmed">
            Try it
          </Text>
          <Code fz="xs" style={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', minWidth: 0 }}>
            {curlFor(status.http.url, example)}
          </Code>
          <Copy label="Copy the example" value={curlFor(status.http.url, example)} />
        </Group>
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

/** Python writes the numbers: a row of 512 would not fit a line. */
function curlFor(url: string, model: ModelSummary): string {
  const inputs = model.inputs.map((input) => `{"name":"${input.name}","datatype":"${input.datatype}","shape":[${shapeOf(input).join(',')}],"data":[${dataOf(input)}]}`);
  return `echo '{"inputs":[${inputs.join(',')}]}' | curl -s ${url}/v2/models/${model.name}/infer -H 'Content-Type: application/json' -d @-`;
}

const shapeOf = (input: TensorSpec) => input.shape.map((dim) => (dim === -1 ? 1 : dim));

/** Enough for small inputs; large ones are shown with "…" in the middle of the copied text's place. */
function dataOf(input: TensorSpec): string {
  const count = shapeOf(input).reduce((product, dim) => product * dim, 1);
  const one = input.datatype === 'BYTES' ? '"text"' : input.datatype === 'BOOL' ? 'true' : input.datatype.includes('F') ? '0.5' : '1';
  return new Array(Math.min(count, 4096)).fill(one).join(',');
}
