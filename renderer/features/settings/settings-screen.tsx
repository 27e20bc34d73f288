import {
  Alert,
  Badge,
  Button,
  Code,
  CopyButton,
  DataList,
  Group,
  Kbd,
  Paper,
  SegmentedControl,
  SimpleGrid,
  Skeleton,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconCopy, IconFolderOpen, IconShieldCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import type { DoorAddress, EngineStatus } from '../../../engine/contract';
import { formatDateTime } from '../../format';
import { PROVIDER_NAMES } from '../../model-settings';
import { preferencesStore, setColorScheme, statusStore } from '../../stores';
import { reachSentence } from './reach';
import { SHORTCUTS } from './shortcuts';

/** Screen "Settings": how the console looks, where the engine is and who can reach it, and what it runs on. */
export function SettingsScreen() {
  const status = useStore(statusStore, (state) => state.status);
  return (
    <Stack gap="lg" maw={1100}>
      <Title order={2}>Settings</Title>
      <Appearance />
      {status === null ? (
        <Stack role="status" aria-label="Waiting for the engine">
          <Skeleton height={140} radius="md" animate={false} />
          <Skeleton height={200} radius="md" animate={false} />
        </Stack>
      ) : (
        <>
          <Addresses status={status} />
          <Folders status={status} />
          <Engine status={status} />
        </>
      )}
      <Shortcuts />
      <About status={status} />
    </Stack>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Paper className="ferry-panel" p="lg" component="section" aria-label={title}>
      <Title order={3} size="h4" mb="md">
        {title}
      </Title>
      {children}
    </Paper>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <DataList.Item>
      <DataList.ItemLabel>{label}</DataList.ItemLabel>
      <DataList.ItemValue style={{ overflowWrap: 'anywhere' }}>{children}</DataList.ItemValue>
    </DataList.Item>
  );
}

function Appearance() {
  const scheme = useStore(preferencesStore, (state) => state.colorScheme);
  return (
    <Section title="Appearance">
      <SegmentedControl
        aria-label="Colour scheme"
        value={scheme}
        data={[
          { value: 'auto', label: 'As the system' },
          { value: 'dark', label: 'Dark' },
          { value: 'light', label: 'Light' },
        ]}
        onChange={(value) => setColorScheme(value === 'dark' || value === 'light' ? value : 'auto')}
      />
    </Section>
  );
}

function CopyValue({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button
          size="compact-xs"
          variant="default"
          onClick={copy}
          aria-label={copied ? `${name} copied` : `Copy ${name}`}
          leftSection={copied ? <IconCheck size={12} /> : <IconCopy size={12} />}
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
      )}
    </CopyButton>
  );
}

function Door({
  name,
  speaks,
  door,
}: {
  readonly name: string;
  readonly speaks: string;
  readonly door: DoorAddress | null;
}) {
  return (
    <Table.Tr>
      <Table.Td fw={500}>
        {name}
        <Text size="xs" c="dimmed">
          {speaks}
        </Text>
      </Table.Td>
      <Table.Td>
        {door === null ? (
          <Text size="sm" c="dimmed">
            not open
          </Text>
        ) : (
          <Group gap="xs">
            <Code>{door.url}</Code>
            <CopyValue name={`${name} address`} value={door.url} />
          </Group>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function Addresses({ status }: { readonly status: EngineStatus }) {
  return (
    <Section title="Addresses">
      <Table aria-label="Addresses" fz="sm" mb="md">
        <Table.Tbody>
          <Door
            name="Inference, HTTP"
            speaks="Open Inference Protocol v2, JSON and binary"
            door={status.http}
          />
          <Door name="Inference, gRPC" speaks="Open Inference Protocol v2" door={status.grpc} />
          <Door name="Metrics" speaks="Prometheus, at /metrics" door={status.metrics} />
          <Door name="Control" speaks="this console; asks for a token" door={status.control} />
        </Table.Tbody>
      </Table>
      <Alert
        role="note"
        variant="light"
        color={status.exposed ? 'orange' : 'teal'}
        title="Who can reach this"
        icon={status.exposed ? <IconAlertTriangle size={18} /> : <IconShieldCheck size={18} />}
      >
        {reachSentence(status)}
      </Alert>
    </Section>
  );
}

function Folder({ name, path }: { readonly name: string; readonly path: string }) {
  const { desktop } = window;
  return (
    <Fact label={name}>
      <Group gap="xs">
        <Code style={{ overflowWrap: 'anywhere' }}>{path}</Code>
        <CopyValue name={`${name} path`} value={path} />
        {desktop !== undefined && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconFolderOpen size={12} />}
            onClick={() => void desktop.reveal(path)}
            aria-label={`Reveal ${name.toLowerCase()}`}
          >
            Reveal
          </Button>
        )}
      </Group>
    </Fact>
  );
}

function Folders({ status }: { readonly status: EngineStatus }) {
  return (
    <Section title="Folders">
      <DataList size="sm" gap={8} labelWidth={140}>
        <Folder name="Model repository" path={status.repositoryPath} />
        <Folder name="Data" path={status.dataPath} />
      </DataList>
    </Section>
  );
}

function Engine({ status }: { readonly status: EngineStatus }) {
  return (
    <Section title="Engine">
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl">
        <DataList size="sm" gap={6} labelWidth={140} aria-label="Engine facts">
          <Fact label="State">{status.state}</Fact>
          <Fact label="Ferry">{status.engineVersion}</Fact>
          <Fact label="ONNX Runtime">{status.onnxruntimeVersion}</Fact>
          <Fact label="Node.js">{status.nodeVersion}</Fact>
          <Fact label="Electron">{status.electronVersion ?? 'not used: headless'}</Fact>
          <Fact label="Process">
            {status.pid}, since {formatDateTime(status.startedAtMs)}
          </Fact>
          <Fact label="Platform">{status.platform}</Fact>
          <Fact label="Processor">
            {status.cpuModel}, {status.cpuCount} {status.cpuCount === 1 ? 'core' : 'cores'}
          </Fact>
        </DataList>
        <Providers status={status} />
      </SimpleGrid>
    </Section>
  );
}

function Providers({ status }: { readonly status: EngineStatus }) {
  return (
    <Table aria-label="Execution providers" fz="sm" verticalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Execution provider</Table.Th>
          <Table.Th>On this machine</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {status.providers.map((provider) => (
          <Table.Tr key={provider.name}>
            <Table.Td>{PROVIDER_NAMES[provider.name]}</Table.Td>
            <Table.Td>
              {provider.available ? (
                <Badge size="sm" color="teal" variant="light" tt="none">
                  available
                </Badge>
              ) : (
                <Text size="xs" c="dimmed">
                  {provider.reason ?? 'not available'}
                </Text>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Shortcuts() {
  return (
    <Section title="Keyboard">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl" verticalSpacing={6}>
        {SHORTCUTS.map(({ keys, does }) => (
          <Group key={does} justify="space-between" wrap="nowrap">
            <Text size="sm">{does}</Text>
            <Group gap={4} wrap="nowrap">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </Group>
          </Group>
        ))}
      </SimpleGrid>
    </Section>
  );
}

function About({ status }: { readonly status: EngineStatus | null }) {
  return (
    <Section title="About">
      <Text size="sm">
        Ferry{status === null ? '' : ` ${status.engineVersion}`}: a console for serving ONNX models through a
        batching engine. A ferry leaves when it is full, or when its wait is up. So does a batch.
      </Text>
      <Text size="sm" c="dimmed" mt="xs">
        MIT licence. The licences of the libraries and models that come with it are in THIRD_PARTY_NOTICES
        beside the application.
      </Text>
    </Section>
  );
}
