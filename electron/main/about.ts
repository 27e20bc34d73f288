import { app } from 'electron';
import { iconFile } from './paths';

/** What Windows groups windows and notifications by; the installer registers the same. */
const APP_ID = 'dev.ferry.console';

export function setupAbout(): void {
  app.setAppUserModelId(APP_ID);
  app.setAboutPanelOptions({
    applicationName: 'Ferry',
    applicationVersion: app.getVersion(),
    version: `Electron ${process.versions.electron}`,
    copyright: 'MIT licence, the Ferry contributors',
    iconPath: iconFile('icon.png'),
  });
}
