import { readFile } from 'node:fs/promises';
import { protocol } from 'electron';
import { fileOfRequest, mediaTypeOf } from './console-files';

const SCHEME = 'ferry';

/** Must run before Electron's `ready`. */
export function registerConsoleScheme(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true };
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges }]);
}

const CONTENT_SECURITY_POLICY = [
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
        'content-type': mediaTypeOf(file),
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
