import { createJSONStorage, persist } from 'zustand/middleware';
import { createStore } from 'zustand/vanilla';

export type ColorScheme = 'auto' | 'dark' | 'light';
/** Minutes that the live charts show. */
export type ChartWindow = 1 | 5 | 15;

export interface Preferences {
  readonly colorScheme: ColorScheme;
  readonly chartWindow: ChartWindow;
  /** Live charts stand still. Not kept. */
  readonly paused: boolean;
}

/** Kept in this browser or window; the engine knows nothing of it. */
export const preferencesStore = createStore<Preferences>()(
  persist((): Preferences => ({ colorScheme: 'auto', chartWindow: 1, paused: false }), {
    name: 'ferry.preferences',
    storage: createJSONStorage(() => localStorage),
    partialize: ({ colorScheme, chartWindow }) => ({ colorScheme, chartWindow }),
  }),
);

export const setColorScheme = (colorScheme: ColorScheme) => preferencesStore.setState({ colorScheme });
export const setChartWindow = (chartWindow: ChartWindow) => preferencesStore.setState({ chartWindow });
export const togglePaused = () => preferencesStore.setState(({ paused }) => ({ paused: !paused }));
