import { Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { useStore } from 'zustand';
import { loadModel, modelsStore, setColorScheme, startShowMe, togglePaused, unloadModel } from '../stores';
import { attempt } from './attempt';
import { SCREEN_NAMES, SCREENS, showScreen } from './route';

/** Everything one can go to or do, behind Ctrl/Cmd K; nothing in it that cannot be undone. */
export function Palette() {
  const models = useStore(modelsStore, (state) => state.models) ?? [];
  const screens: SpotlightActionData[] = SCREENS.map((screen) => ({
    id: `screen-${screen}`,
    label: SCREEN_NAMES[screen],
    group: 'Screens',
    onClick: () => showScreen(screen),
  }));
  const shown: SpotlightActionData[] = models.map(({ name, state }) => ({
    id: `model-${name}`,
    label: name,
    description: state,
    group: 'Models',
    onClick: () => {
      window.location.hash = `#/models/${encodeURIComponent(name)}`;
    },
  }));
  const acts: SpotlightActionData[] = [
    {
      id: 'show-me',
      label: 'Show me what batching does',
      description: 'About 30 seconds on the demo model',
      onClick: () => {
        showScreen('overview');
        attempt(startShowMe, 'The show did not start');
      },
    },
    { id: 'pause', label: 'Pause or resume the charts', onClick: togglePaused },
    { id: 'dark', label: 'Dark colours', onClick: () => setColorScheme('dark') },
    { id: 'light', label: 'Light colours', onClick: () => setColorScheme('light') },
    ...models.map(({ name, state }) =>
      state === 'ready'
        ? {
            id: `unload-${name}`,
            label: `Unload ${name}`,
            onClick: () => attempt(() => unloadModel(name), `${name} was not unloaded`),
          }
        : {
            id: `load-${name}`,
            label: `Load ${name}`,
            onClick: () => attempt(() => loadModel(name), `${name} was not loaded`),
          },
    ),
  ].map((action) => ({ ...action, group: 'Actions' }));
  return (
    <Spotlight
      actions={groups([...screens, ...shown, ...acts])}
      shortcut={['mod + K']}
      nothingFound="Nothing of that name"
      highlightQuery
      scrollable
      maxHeight={420}
      searchProps={{ placeholder: 'Go to a screen or model, or do something…', 'aria-label': 'Search' }}
    />
  );
}

function groups(actions: readonly SpotlightActionData[]) {
  return ['Screens', 'Models', 'Actions'].map((group) => ({
    group,
    actions: actions.filter((action) => action.group === group),
  }));
}
