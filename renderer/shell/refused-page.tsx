import { Center, Code, Stack, Text, Title } from '@mantine/core';

/** A browser that came without a token: how to come with one. */
export function RefusedPage() {
  return (
    <Center mih="100vh" p="xl">
      <Stack maw={560} gap="sm">
        <Title order={2}>This console needs its token</Title>
        <Text>
          Open the address that the engine printed when it started. It ends in <Code>#token=…</Code>, which is
          made anew at every start.
        </Text>
        <Text c="dimmed">
          If the terminal is gone, stop the engine and start it again: it prints a new address.
        </Text>
      </Stack>
    </Center>
  );
}
