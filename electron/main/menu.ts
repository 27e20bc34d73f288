import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { DesktopCommand } from '../bridge';

export interface MenuActions {
  readonly loadModelFile: () => void;
  readonly loadModelFolder: () => void;
  readonly command: (command: DesktopCommand) => void;
  readonly restartEngine: () => void;
  readonly openLogs: () => void;
  readonly hardwareAcceleration: { readonly isOn: boolean; readonly set: (isOn: boolean) => void };
}

const isMac = process.platform === 'darwin';
const SEPARATOR: MenuItemConstructorOptions = { type: 'separator' };

const SCREENS = [
  ['Overview', 'overview'],
  ['Models', 'models'],
  ['Load Test', 'load-test'],
  ['Logs', 'logs'],
  ['Settings', 'settings'],
] as const;

export function setupMenu(actions: MenuActions): void {
  const ownMenu: MenuItemConstructorOptions[] = isMac ? [{ role: 'appMenu' }] : [];
  const template = [
    ...ownMenu,
    fileMenu(actions),
    editMenu(),
    goMenu(actions),
    engineMenu(actions),
    viewMenu(actions),
  ];
  const windowMenu: MenuItemConstructorOptions[] = isMac ? [{ role: 'windowMenu' }] : [];
  Menu.setApplicationMenu(Menu.buildFromTemplate([...template, ...windowMenu, helpMenu(actions)]));
}

function fileMenu(actions: MenuActions): MenuItemConstructorOptions {
  return {
    label: '&File',
    submenu: [
      { label: 'Load Model…', accelerator: 'CmdOrCtrl+O', click: actions.loadModelFile },
      { label: 'Load Model Folder…', accelerator: 'CmdOrCtrl+Shift+O', click: actions.loadModelFolder },
      SEPARATOR,
      isMac ? { role: 'close' } : { label: 'Quit', accelerator: 'CmdOrCtrl+Q', click: () => app.quit() },
    ],
  };
}

// Without these roles, macOS has no copy and paste in text fields.
const editMenu = (): MenuItemConstructorOptions => ({ role: 'editMenu' });

function goMenu(actions: MenuActions): MenuItemConstructorOptions {
  const screens = SCREENS.map(([label, screen], index) => ({
    label,
    accelerator: `CmdOrCtrl+${index + 1}`,
    click: () => actions.command({ kind: 'navigate', screen }),
  }));
  return {
    label: '&Go',
    submenu: [
      ...screens,
      SEPARATOR,
      {
        label: 'Show Me',
        accelerator: 'CmdOrCtrl+Shift+M',
        click: () => actions.command({ kind: 'show-me' }),
      },
    ],
  };
}

function engineMenu(actions: MenuActions): MenuItemConstructorOptions {
  return {
    label: '&Engine',
    submenu: [
      { label: 'Restart Engine', accelerator: 'CmdOrCtrl+Shift+E', click: actions.restartEngine },
      { label: 'Show Engine Log', click: actions.openLogs },
    ],
  };
}

function viewMenu({ hardwareAcceleration }: MenuActions): MenuItemConstructorOptions {
  return {
    label: '&View',
    submenu: [
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { role: 'togglefullscreen' },
      SEPARATOR,
      {
        label: 'Draw Window on the GPU (After Restart)',
        type: 'checkbox',
        checked: hardwareAcceleration.isOn,
        click: (item) => hardwareAcceleration.set(item.checked),
      },
      SEPARATOR,
      { role: 'reload' },
      { role: 'toggleDevTools' },
    ],
  };
}

function helpMenu(actions: MenuActions): MenuItemConstructorOptions {
  const shortcuts: MenuItemConstructorOptions = {
    label: 'Keyboard Shortcuts',
    accelerator: 'CmdOrCtrl+/',
    click: () => actions.command({ kind: 'shortcuts' }),
  };
  const about: MenuItemConstructorOptions[] = isMac ? [] : [SEPARATOR, { role: 'about' }];
  return { role: 'help', submenu: [shortcuts, ...about] };
}
