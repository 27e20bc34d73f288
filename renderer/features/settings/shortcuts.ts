export interface Shortcut {
  readonly keys: readonly string[];
  readonly does: string;
}

const COMMAND = /mac/i.test(navigator.userAgent) ? '⌘' : 'Ctrl';

/** Every key the console listens to, for the reader. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: [COMMAND, 'K'], does: 'Search commands, screens and models' },
  { keys: ['1', '…', '5'], does: 'Overview, Models, Load test, Logs, Settings' },
  { keys: ['L'], does: 'Load a model (on Models)' },
  { keys: ['T'], does: 'Start or stop the load test (on Load test)' },
  { keys: ['/'], does: 'Search (on Logs)' },
  { keys: ['Space'], does: 'Pause the charts' },
  { keys: ['?'], does: 'Show the shortcuts' },
  { keys: ['Esc'], does: 'Close a dialog' },
];
