import { posix, win32 } from 'node:path';

/** Where a desktop program keeps its data on this system, for Ferry. */
export function defaultDataPath(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  if (platform === 'win32') return win32.join(env.APPDATA || win32.join(home, 'AppData', 'Roaming'), 'Ferry');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'Ferry');
  // The specification says that a relative XDG_DATA_HOME is to be ignored.
  const base =
    env.XDG_DATA_HOME && posix.isAbsolute(env.XDG_DATA_HOME)
      ? env.XDG_DATA_HOME
      : posix.join(home, '.local', 'share');
  return posix.join(base, 'ferry');
}

/** Where the desktop app's engine keeps its data: in a folder of the app's own, so that a headless engine is not in its way. */
export function desktopDataPath(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  // Electron's `userData` of an app that is called Ferry, and what electron/main/paths.ts puts below it.
  if (platform === 'win32' || platform === 'darwin') {
    const { join } = platform === 'win32' ? win32 : posix;
    return join(defaultDataPath(platform, env, home), 'data');
  }
  return posix.join(env.XDG_CONFIG_HOME || posix.join(home, '.config'), 'Ferry', 'data');
}
