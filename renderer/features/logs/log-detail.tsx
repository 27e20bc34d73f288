import { Button, CloseButton, CopyButton, DataList, Group, Paper, Text } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { LogEntry } from '../../../engine/contract';
import { formatDateTime } from '../../format';
import { logText } from './log-filter';

/** One entry in full: the whole message and each field on its own line. */
export function LogDetail({ entry, onClose }: { readonly entry: LogEntry; readonly onClose: () => void }) {
  const fields = Object.entries(entry.fields);
  return (
    <Paper className="ferry-panel" p="md" component="section" aria-label="Log entry">
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Text size="xs" c="dimmed">
            {formatDateTime(entry.atMs)} · {entry.level} · {entry.scope}
          </Text>
          <Text size="sm" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
            {entry.message}
          </Text>
        </div>
        <Group gap="xs" wrap="nowrap">
          <CopyButton value={logText([entry])}>
            {({ copied, copy }) => (
              <Button
                size="xs"
                variant="default"
                onClick={copy}
                leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              >
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
          <CloseButton aria-label="Close log entry" onClick={onClose} />
        </Group>
      </Group>
      {fields.length > 0 && (
        <DataList size="xs" gap={4} labelWidth={120} mt="sm" aria-label="Fields">
          {fields.map(([name, value]) => (
            <DataList.Item key={name}>
              <DataList.ItemLabel>{name}</DataList.ItemLabel>
              <DataList.ItemValue ff="monospace" style={{ overflowWrap: 'anywhere' }}>
                {String(value)}
              </DataList.ItemValue>
            </DataList.Item>
          ))}
        </DataList>
      )}
    </Paper>
  );
}
