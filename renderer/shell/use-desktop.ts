import { useEffect } from 'react';
import { desktop } from '../control';
import { loadFlow } from '../features/models';
import { currentRates, metricsStore, modelsStore, startShowMe } from '../stores';
import { attempt } from './attempt';
import { showScreen } from './route';

/** How often the tray and the "quit while serving?" question hear what is going on. */
const REPORT_MS = 2_000;

/** Obeys the desktop app's menu, and tells it what its tray shows. Nothing in a browser. */
export function useDesktop(onShortcuts: () => void): void {
  useEffect(() => {
    const bridge = desktop();
    if (!bridge) return;
    const stop = bridge.onCommand((command) => {
      switch (command.kind) {
        case 'navigate':
          return showScreen(command.screen);
        case 'open-model':
          showScreen('models');
          return void loadFlow.openPath(command.path);
        case 'show-me':
          showScreen('overview');
          return attempt(startShowMe, 'The show did not start');
        case 'shortcuts':
          return onShortcuts();
        default:
          command satisfies never;
      }
    });
    const report = setInterval(() => {
      const rates = currentRates(metricsStore.getState().samples, null);
      const models = modelsStore.getState().models ?? [];
      bridge.reportServing({
        requestsPerSecond: rates?.requestsPerSecond ?? 0,
        modelsReady: models.filter((model) => model.state === 'ready').length,
      });
    }, REPORT_MS);
    return () => {
      stop();
      clearInterval(report);
    };
  }, [onShortcuts]);
}
