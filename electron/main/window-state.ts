import { type BrowserWindow, screen } from 'electron';
import { z } from 'zod';
import type { ShellClock } from './clock';
import { JsonFile } from './json-file';
import { fitWindow, type WindowState } from './window-bounds';

const whole = z.number().int();
const schema = z.object({
  bounds: z.object({ x: whole, y: whole, width: whole.positive(), height: whole.positive() }),
  isMaximized: z.boolean(),
});

/** A drag ends within this; then the file is written once. */
const SETTLE_MS = 500;

/** Where the window was, and its keeping. */
export function windowStateKeeper(path: string, clock: ShellClock) {
  const file = new JsonFile<WindowState>(path, schema);
  return {
    /** Usable on the displays of now. Call after `ready`. */
    restore(): WindowState {
      const primary = screen.getPrimaryDisplay();
      const others = screen.getAllDisplays().filter((display) => display.id !== primary.id);
      return fitWindow(file.read(), [primary.workArea, ...others.map((display) => display.workArea)]);
    },
    keep(window: BrowserWindow): void {
      let cancel = () => {};
      const save = () => {
        cancel();
        if (window.isDestroyed() || window.isMinimized()) return;
        // The normal bounds, so that un-maximising after the next start goes back to them.
        file.write({ bounds: window.getNormalBounds(), isMaximized: window.isMaximized() });
      };
      const later = () => {
        cancel();
        cancel = clock.after(SETTLE_MS, save);
      };
      window.on('resize', later);
      window.on('move', later);
      window.on('maximize', later);
      window.on('unmaximize', later);
      window.on('close', save);
    },
  };
}
