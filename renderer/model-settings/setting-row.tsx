import { Box, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { SettingOrigin } from '../../engine/contract';
import { formatClock } from '../format';
import { OriginTag } from './origin-tag';
import type { FieldStatus } from './settings-draft';

interface SettingRowProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly origin: SettingOrigin;
  readonly status: FieldStatus;
  /** Said beside the label of fields that the engine applies by loading new sessions. */
  readonly needsReload?: boolean;
  readonly children: ReactNode;
}

/** "applied at 12:03:07", or why not. Only this line is a live region, so a screen reader hears outcomes, not drags. */
function StatusLine({ label, status }: { readonly label: string; readonly status: FieldStatus }) {
  if (status.kind === 'failed')
    return (
      <Text size="xs" c="var(--mantine-color-error)" role="alert">
        Not applied: {status.message}
      </Text>
    );
  const text =
    status.kind === 'applied'
      ? `applied at ${formatClock(status.atMs)}`
      : status.kind === 'pending'
        ? 'applying…'
        : '';
  return (
    <Text size="xs" c="dimmed" role="status" aria-label={`${label}: ${text === '' ? 'unchanged' : text}`}>
      {text}
    </Text>
  );
}

/** One setting: its name, where its value came from, its control, and what became of the last change. */
export function SettingRow({ label, hint, origin, status, needsReload, children }: SettingRowProps) {
  return (
    <Box data-setting={label}>
      <Group justify="space-between" gap="xs" wrap="nowrap" mb={4}>
        <Group gap={6} wrap="nowrap">
          <Text size="sm" fw={500}>
            {label}
          </Text>
          <OriginTag origin={origin} />
          {needsReload === true && (
            <Text size="xs" c="dimmed">
              loads new sessions
            </Text>
          )}
        </Group>
        {status.kind !== 'failed' && <StatusLine label={label} status={status} />}
      </Group>
      {children}
      {status.kind === 'failed' && <StatusLine label={label} status={status} />}
      {hint !== undefined && (
        <Text size="xs" c="dimmed" mt={4}>
          {hint}
        </Text>
      )}
    </Box>
  );
}
