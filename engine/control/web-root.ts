import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // The component library sets style attributes and elements.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The built console, served from memory: the set of files is fixed at the start, so no path of a request reaches the disk. */
export interface WebRoot {
  /** False when there is no such file. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): boolean;
}

/** Reads all files below `directory` (the renderer's build, about a megabyte). An absent folder gives a root without files. */
export async function loadWebRoot(directory: string | null): Promise<WebRoot> {
  const files = new Map<string, Buffer>();
  for (const path of directory === null ? [] : await filesBelow(directory)) {
    files.set(
      `/${relative(directory ?? '', path)
        .split(sep)
        .join('/')}`,
      await readFile(path),
    );
  }
  const serve: WebRoot['serve'] = (path, request, response) => {
    const name = path === '/' ? '/index.html' : path;
    const body = files.get(name);
    if (!body) return false;
    response.writeHead(200, {
      'content-type': MEDIA_TYPES[extname(name)] ?? 'application/octet-stream',
      'content-length': body.byteLength,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'cache-control': name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  };
  return { serve };
}

async function filesBelow(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
