import {
  ActionIcon,
  Badge,
  CopyButton,
  Group,
  Text,
  Title,
  Tooltip,
  UnstyledButton,
  useComputedColorScheme,
} from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import {
  IconAlertTriangle,
  IconCheck,
  IconCopy,
  IconKeyboard,
  IconMoon,
  IconSearch,
  IconSun,
} from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { EngineStatus } from '../../engine/contract';
import { formatRate } from '../format';
import {
  connectionStore,
  currentRates,
  metricsStore,
  preferencesStore,
  setColorScheme,
  statusStore,
} from '../stores';
import { FerryMark } from './ferry-mark';

const STATE_COLOR: Readonly<Record<EngineStatus['state'], string>> = {
  starting: 'blue',
  running: 'teal',
  draining: 'yellow',
  stopped: 'gray',
};

export function Header({ onShortcuts }: { readonly onShortcuts: () => void }) {
  const status = useStore(statusStore, (state) => state.status);
  return (
    <Group h="100%" px="md" justify="space-between" wrap="nowrap">
      <Group gap="sm" wrap="nowrap">
        <FerryMark />
        <Title order={1} fz="lg">
          Ferry
        </Title>
        <EngineBadge />
        {status?.exposed && (
          <Tooltip label="The inference address can be reached from other machines. Start without --host to serve this machine only.">
            <Badge color="orange" variant="light" tt="none" leftSection={<IconAlertTriangle size={12} />}>
              open to the network
            </Badge>
          </Tooltip>
        )}
      </Group>
      <Group gap="md" wrap="nowrap">
        <NowServing />
        {status?.http && <Address url={status.http.url} />}
        <Tooltip label="Search screens, models and actions (Ctrl K)">
          <ActionIcon variant="subtle" color="gray" aria-label="Search" onClick={() => spotlight.open()}>
            <IconSearch size={18} />
          </ActionIcon>
        </Tooltip>
        <ThemeSwitch />
        <Tooltip label="Keyboard shortcuts (?)">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Keyboard shortcuts"
            onClick={onShortcuts}
            visibleFrom="sm"
          >
            <IconKeyboard size={18} />
          </ActionIcon>
        </Tooltip>
      </Group>
    </Group>
  );
}

function EngineBadge() {
  const phase = useStore(connectionStore, (state) => state.phase);
  const status = useStore(statusStore, (state) => state.status);
  if (phase !== 'open' || !status) {
    const words =
      phase === 'connecting' ? 'connecting' : phase === 'engine-down' ? 'engine down' : 'not connected';
    return (
      <Badge color={phase === 'connecting' ? 'blue' : 'red'} variant="light" tt="none" role="status">
        {words}
      </Badge>
    );
  }
  return (
    <Badge color={STATE_COLOR[status.state]} variant="light" tt="none" role="status">
      engine {status.state}
    </Badge>
  );
}

function NowServing() {
  const samples = useStore(metricsStore, (state) => state.samples);
  const open = useStore(connectionStore, (state) => state.phase === 'open');
  // Without a connection the last number would pass for the present one.
  const rates = open ? currentRates(samples, null) : null;
  return (
    <Text
      size="sm"
      className="ferry-numbers"
      visibleFrom="sm"
      role="group"
      aria-label="Requests per second, all models"
    >
      <b>{rates ? formatRate(rates.requestsPerSecond) : '–'}</b>{' '}
      <Text span c="dimmed" size="sm">
        req/s
      </Text>
    </Text>
  );
}

function Address({ url }: { readonly url: string }) {
  return (
    <CopyButton value={url} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : 'Copy the inference address'}>
          <UnstyledButton onClick={copy} aria-label="Copy the inference address" visibleFrom="md">
            <Group gap={6} wrap="nowrap">
              <Text size="sm" ff="monospace">
                {url.replace('http://', '')}
              </Text>
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </Group>
          </UnstyledButton>
        </Tooltip>
      )}
    </CopyButton>
  );
}

function ThemeSwitch() {
  const shown = useComputedColorScheme('dark');
  const chosen = useStore(preferencesStore, (state) => state.colorScheme);
  const next = shown === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`Switch to ${next}${chosen === 'auto' ? ' (now as the system)' : ''}`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Switch to ${next} colours`}
        onClick={() => setColorScheme(next)}
      >
        {shown === 'dark' ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}
