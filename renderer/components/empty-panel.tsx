import { Stack, Text, ThemeIcon, Title } from '@mantine/core';
import type { ReactNode } from 'react';

export interface EmptyPanelProps {
  readonly icon: ReactNode;
  readonly title: string;
  /** What to do about it. */
  readonly description: ReactNode;
  readonly action?: ReactNode;
}

/** What a screen or a list shows while it has nothing: it teaches the next step. */
export function EmptyPanel({ icon, title, description, action }: EmptyPanelProps) {
  return (
    <Stack align="center" gap="sm" py="xl" px="md" ta="center">
      <ThemeIcon size={48} radius="xl" variant="light" color="gray" aria-hidden>
        {icon}
      </ThemeIcon>
      <Title order={4}>{title}</Title>
      <Text c="dimmed" maw={520}>
        {description}
      </Text>
      {action}
    </Stack>
  );
}
