import { NavLink, Stack } from '@mantine/core';
import {
  IconChartLine,
  IconFileText,
  IconGauge,
  IconSettings,
  IconStack2,
  type TablerIcon,
} from '@tabler/icons-react';
import { SCREEN_NAMES, SCREENS, type Screen } from './route';

const ICONS: Readonly<Record<Screen, TablerIcon>> = {
  overview: IconChartLine,
  models: IconStack2,
  'load-test': IconGauge,
  logs: IconFileText,
  settings: IconSettings,
};

/** The five screens, with the key that leads to each. */
export function Rail({ screen, onChosen }: { readonly screen: Screen; readonly onChosen: () => void }) {
  return (
    <Stack gap={2} p="xs" component="nav" aria-label="Screens">
      {SCREENS.map((name, i) => {
        const Icon = ICONS[name];
        return (
          <NavLink
            key={name}
            href={`#/${name}`}
            label={SCREEN_NAMES[name]}
            active={screen === name}
            aria-current={screen === name ? 'page' : undefined}
            leftSection={<Icon size={18} aria-hidden />}
            rightSection={
              <kbd aria-hidden style={{ fontSize: 11, opacity: 0.85, fontFamily: 'inherit' }}>
                {i + 1}
              </kbd>
            }
            onClick={onChosen}
            style={{ borderRadius: 6 }}
          />
        );
      })}
    </Stack>
  );
}
