import { Stack, Text } from '@mantine/core';

export interface StatTileProps {
  readonly label: string;
  readonly value: string;
  readonly tone?: 'caution' | 'bad' | undefined;
  readonly title?: string | undefined;
}

/** One number with its name. */
export function StatTile({ label, value, tone, title }: StatTileProps) {
  const color =
    tone === 'bad' ? 'var(--mantine-color-error)' : tone === 'caution' ? 'var(--ferry-caution)' : undefined;
  return (
    <Stack gap={0} title={title} miw={72}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fw={600} style={{ fontVariantNumeric: 'tabular-nums' }} {...(color ? { c: color } : {})}>
        {value}
      </Text>
    </Stack>
  );
}
