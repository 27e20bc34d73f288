import { extname, join, sep } from 'node:path';
import { isOfOrigin } from './web-address';

/** The page's own origin; the control plane knows it as the desktop app's. */
export const PAGE_ORIGIN = 'ferry://console';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

export const mediaTypeOf = (file: string): string => MEDIA_TYPES[extname(file)] ?? 'application/octet-stream';

/**
 * The file below `folder` that an address names; null for another host or a path that leads out of the folder.
 * @param folder absolute
 */
export function fileOfRequest(address: string, folder: string): string | null {
  if (!isOfOrigin(address, PAGE_ORIGIN)) return null;
  let path: string;
  try {
    path = decodeURIComponent(new URL(address).pathname);
  } catch {
    return null;
  }
  // A backslash separates folders on Windows, and a NUL ends a path in system calls.
  if (/[\\\0]/.test(path)) return null;
  const file = join(folder, path === '/' ? 'index.html' : path);
  return file.startsWith(folder + sep) ? file : null;
}
