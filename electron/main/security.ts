import { app, type Session, session, shell, type WebContents } from 'electron';
import { isWebAddress } from './web-address';

/** What the page may do beyond drawing: copy an address. Everything else is refused. */
const ALLOWED_PERMISSIONS: ReadonlySet<string> = new Set(['clipboard-sanitized-write']);

/** Holds for every page there will ever be in this process. Call once, before the first window. */
export function setupSecurity(isOurPage: (url: string) => boolean): void {
  denyPermissions(session.defaultSession);
  app.on('web-contents-created', (_event, contents) => confine(contents, isOurPage));
}

function denyPermissions(of: Session): void {
  of.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(ALLOWED_PERMISSIONS.has(permission)),
  );
  of.setPermissionCheckHandler((_contents, permission) => ALLOWED_PERMISSIONS.has(permission));
  of.setDevicePermissionHandler(() => false);
  of.on('will-download', (event, item) => {
    // The page saves reports from memory (blob:) and files of its own; nothing comes from elsewhere.
    if (!/^(blob|data|ferry):/.test(item.getURL())) event.preventDefault();
  });
}

function confine(contents: WebContents, isOurPage: (url: string) => boolean): void {
  contents.setWindowOpenHandler(({ url }) => {
    void openInBrowser(url);
    return { action: 'deny' };
  });
  contents.on('will-navigate', (event) => {
    if (!isOurPage(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => {
    if (!isOurPage(event.url)) event.preventDefault();
  });
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** Opens a web address in the operator's browser; false when it is not one. */
export async function openInBrowser(address: string): Promise<boolean> {
  if (!isWebAddress(address)) return false;
  await shell.openExternal(address);
  return true;
}
