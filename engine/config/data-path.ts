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
