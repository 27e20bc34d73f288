import { AppShell, Burger, Group, Kbd, Modal, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useStore } from 'zustand';
import { LoadTestScreen } from '../features/load-test';
import { LogsScreen } from '../features/logs';
import { ModelsScreen } from '../features/models';
import { OverviewScreen } from '../features/overview';
import { SettingsScreen, SHORTCUTS } from '../features/settings';
import { connectionStore } from '../stores';
import { ConnectionBanner } from './connection-banner';
import { ErrorBoundary } from './error-boundary';
import { Header } from './header';
import { Palette } from './palette';
import { Rail } from './rail';
import { RefusedPage } from './refused-page';
import { SCREEN_NAMES, type Screen, useScreen } from './route';
import { useDesktop } from './use-desktop';
import { useShellKeys } from './use-shell-keys';

const SCREEN_OF: Readonly<Record<Screen, () => React.ReactNode>> = {
  overview: () => <OverviewScreen />,
  models: () => <ModelsScreen />,
  'load-test': () => <LoadTestScreen />,
  logs: () => <LogsScreen />,
  settings: () => <SettingsScreen />,
};

/** The frame around every screen: rail, header, banner, palette and shortcuts. */
export function Shell() {
  const screen = useScreen();
  const phase = useStore(connectionStore, (state) => state.phase);
  const [shortcutsOpen, shortcuts] = useDisclosure(false);
  const [railOpen, rail] = useDisclosure(false);
  useShellKeys(shortcuts.open);
  useDesktop(shortcuts.open);
  if (phase === 'refused') return <RefusedPage />;
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 184, breakpoint: 'sm', collapsed: { mobile: !railOpen } }}
      padding="md"
    >
      <AppShell.Header>
        <Group h="100%" gap={0} wrap="nowrap">
          <Burger
            opened={railOpen}
            onClick={rail.toggle}
            hiddenFrom="sm"
            size="sm"
            ml="sm"
            aria-label="Screens"
          />
          <div style={{ flex: 1, height: '100%', minWidth: 0 }}>
            <Header onShortcuts={shortcuts.open} />
          </div>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar>
        <Rail screen={screen} onChosen={rail.close} />
      </AppShell.Navbar>
      <AppShell.Main aria-label={SCREEN_NAMES[screen]}>
        <ConnectionBanner />
        <div style={phase === 'open' ? undefined : { opacity: 0.6 }}>
          <ErrorBoundary key={screen}>{SCREEN_OF[screen]()}</ErrorBoundary>
        </div>
      </AppShell.Main>
      <Palette />
      <Modal opened={shortcutsOpen} onClose={shortcuts.close} title="Keyboard shortcuts">
        <Table>
          <Table.Tbody>
            {SHORTCUTS.map(({ keys, does }) => (
              <Table.Tr key={does}>
                <Table.Td>
                  <Group gap={4} wrap="nowrap">
                    {keys.map((key) => (key === '…' ? <span key={key}>…</span> : <Kbd key={key}>{key}</Kbd>))}
                  </Group>
                </Table.Td>
                <Table.Td>{does}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Modal>
    </AppShell>
  );
}
