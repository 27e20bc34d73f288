import { useSyncExternalStore } from 'react';

export const SCREENS = ['overview', 'models', 'load-test', 'logs', 'settings'] as const;
export type Screen = (typeof SCREENS)[number];

export const SCREEN_NAMES: Readonly<Record<Screen, string>> = {
  overview: 'Overview',
  models: 'Models',
  'load-test': 'Load test',
  logs: 'Logs',
  settings: 'Settings',
};

/** The screen a hash names ("#/models/demo-mlp" is Models); Overview for anything else. */
export function screenOfHash(hash: string): Screen {
  const name = hash.replace(/^#\//, '').split(/[/?]/)[0];
  return SCREENS.find((screen) => screen === name) ?? 'overview';
}

export function showScreen(screen: Screen): void {
  window.location.hash = `#/${screen}`;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

export function useScreen(): Screen {
  return useSyncExternalStore(subscribe, () => screenOfHash(window.location.hash));
}
