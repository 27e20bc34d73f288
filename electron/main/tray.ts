import { app, Menu, nativeImage, Tray } from 'electron';
import { iconFile } from './paths';

export interface TrayActions {
  readonly show: () => void;
  readonly quit: () => void;
}

/** An entry beside the clock (on macOS in the menu bar and the dock) with a status line, Show and Quit. */
export function setupTray(actions: TrayActions): { setStatus(text: string): void } {
  const tray = createTray();
  tray?.on('click', actions.show);
  const setStatus = (text: string) => {
    const status = { label: text, enabled: false };
    const show = { label: 'Show Ferry', click: actions.show };
    if (process.platform === 'darwin') app.dock?.setMenu(Menu.buildFromTemplate([status, show]));
    if (!tray || tray.isDestroyed()) return;
    tray.setToolTip(`Ferry: ${text}`);
    const quit = { label: 'Quit Ferry', click: actions.quit };
    // Linux shows no tool tip, so the status is the menu's first line; it reads a menu only when set anew.
    tray.setContextMenu(Menu.buildFromTemplate([status, { type: 'separator' }, show, quit]));
  };
  setStatus('Engine starting');
  return { setStatus };
}

/** Null where there is no tray, as on a desktop without a notification area. */
function createTray(): Tray | null {
  try {
    // macOS colours template images itself, and finds the @2x file beside.
    const name = process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png';
    return new Tray(nativeImage.createFromPath(iconFile(name)));
  } catch {
    return null;
  }
}
