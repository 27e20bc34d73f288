import { constants, setPriority } from 'node:os';
import type { WebContents } from 'electron';

/**
 * The engine serves; the window only watches. When cores are short, painting a chart must not hold up a batch: the page's process
 * gets a lower priority than the engine's (measured by `npm run -s bench -- console-cost`). A page that is loaded anew may have
 * another process, so it is done at every load.
 */
export function yieldToEngine(contents: WebContents): void {
  contents.on('did-finish-load', () => {
    try {
      setPriority(contents.getOSProcessId(), constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // Not allowed, or gone already: it then competes like any other process.
    }
  });
}
