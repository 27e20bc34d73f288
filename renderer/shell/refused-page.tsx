import { Center, Code, Group, Stack, Text, Title } from '@mantine/core';
import { FerryMark } from './ferry-mark';

/** A browser that came without a token, or with one of an earlier start: how to come with the right one. */
export function RefusedPage() {
  return (
    <Center mih="100vh" p="xl">
      <Stack maw={580} gap="sm" p="xl" className="ferry-panel" component="main">
        <Group gap="sm">
          <FerryMark />
          <Title order={1} fz="lg">
            This console needs its token
          </Title>
        </Group>
        <Text>
          Open the address that the engine printed when it started. It ends in <Code>#token=…</Code>. Every
          start makes a new one: after a restart, the address of before no longer opens the console.
        </Text>
        <Text c="dimmed">
          If the terminal is gone, stop the engine and start it again: it prints a new address.
        </Text>
      </Stack>
    </Center>
  );
}
