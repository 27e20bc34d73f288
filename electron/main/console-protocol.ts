import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { protocol } from 'electron';
import { isOfOrigin } from './web-address';

const SCHEME = 'ferry';

/** The page's own origin; the control plane knows it as the desktop app's. */
export const PAGE_ORIGIN = 'ferry://console';

/** Must run before Electron's `ready`. */
export function registerConsoleScheme(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true };
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges }]);
}

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

export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // The component library sets style attributes and elements.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  // The control plane's port is known only once the engine runs, and may be another after a restart.
  "connect-src 'self' ws://127.0.0.1:* http://127.0.0.1:* ws://localhost:* http://localhost:*",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the built console, and nothing but that folder, to the window. @param folder absolute */
export function serveConsole(folder: string): void {
  protocol.handle(SCHEME, async (request) => {
    const file = request.method === 'GET' ? fileOfRequest(request.url, folder) : null;
    if (file === null) return notFound();
    try {
      const headers = {
        'content-type': MEDIA_TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-cache',
      };
      return new Response(new Uint8Array(await readFile(file)), { headers });
    } catch {
      return notFound();
    }
  });
}

const notFound = () => new Response('There is no such file in the console.', { status: 404 });

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
