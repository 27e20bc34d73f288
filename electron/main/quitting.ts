import { app, type BrowserWindow } from 'electron';

export interface Quitting {
  /** True when it may go on; asks the operator where that is called for. */
  readonly mayQuit: () => Promise<boolean>;
  /** Answers what was accepted and ends the engine. */
  readonly drain: () => Promise<void>;
  /** Hides what the operator sees, since draining may take a while. */
  readonly hide: () => void;
}

/**
 * Every way out leads through here: the menu, the last window, the tray, the system's shutdown, a signal. The engine is
 * drained once, and only then the app ends, with status 0.
 */
export function setupQuitting({ mayQuit, drain, hide }: Quitting) {
  let phase: 'open' | 'asking' | 'draining' | 'drained' = 'open';

  const end = async () => {
    if (phase === 'draining' || phase === 'drained') return;
    phase = 'draining';
    hide();
    await drain();
    phase = 'drained';
    app.quit();
  };

  const ask = async () => {
    if (phase !== 'open') return;
    phase = 'asking';
    const isMeant = await mayQuit();
    // A signal may have come while the question stood.
    if (phase !== 'asking') return;
    phase = 'open';
    if (isMeant) await end();
  };

  app.on('before-quit', (event) => {
    if (phase === 'drained') return;
    event.preventDefault();
    void ask();
  });
  // Whoever sends a signal (a terminal, a service manager, a shutdown) does not want to be asked.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());

  return {
    quit: () => void ask(),
    /** On macOS an app goes on without a window; elsewhere closing it means quitting. */
    guardClose: (window: BrowserWindow) => {
      window.on('close', (event) => {
        if (phase === 'drained' || process.platform === 'darwin') return;
        event.preventDefault();
        void ask();
      });
    },
  };
}
