import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { useStore } from 'zustand';
import { ErrorBoundary } from './shell/error-boundary';
import { Shell } from './shell/shell';
import { theme } from './shell/theme';
import { preferencesStore } from './stores';

/** The whole console. The colour scheme is the operator's choice, "auto" follows the system. */
export function App() {
  const colorScheme = useStore(preferencesStore, (state) => state.colorScheme);
  const forced = colorScheme === 'auto' ? {} : { forceColorScheme: colorScheme };
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" {...forced}>
      <Notifications position="bottom-right" limit={4} />
      <ErrorBoundary>
        <Shell />
      </ErrorBoundary>
    </MantineProvider>
  );
}
