import { readdir, readFile } from 'node:fs/promises';

/** The part of the file system that kernels speak through (/proc, /sys). */
export interface Files {
  /** Rejects with a Node error (`code`) where it cannot be read. */
  read(path: string): Promise<string>;
  /** Names in a folder. */
  list(path: string): Promise<readonly string[]>;
}

export const realFiles: Files = {
  read: (path) => readFile(path, 'utf8'),
  list: (path) => readdir(path),
};

/** A number from a file, or why there is none. */
export type NumberRead =
  | { readonly value: number }
  | { readonly value: null; readonly code: string; readonly reason: string };

/** The trimmed text, or null where the file cannot be read, whatever the cause. */
export async function readTextOrNull(files: Files, path: string): Promise<string | null> {
  try {
    return (await files.read(path)).trim();
  } catch {
    return null;
  }
}

/** The sorted names in a folder; none where it does not exist. Sorted by number within names: card2 before card10. */
export async function listOrNone(files: Files, path: string): Promise<readonly string[]> {
  try {
    return [...(await files.list(path))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch {
    return [];
  }
}

/** Reads one number from a kernel file and tells a missing file from a forbidden or a failing one. */
export async function readNumber(files: Files, path: string): Promise<NumberRead> {
  try {
    const text = (await files.read(path)).trim();
    const value = Number(text);
    if (text === '' || !Number.isFinite(value)) {
      return { value: null, code: 'EINVAL', reason: `${path} holds "${text.slice(0, 40)}", not a number` };
    }
    return { value };
  } catch (error) {
    const code = errorCode(error);
    return { value: null, code, reason: reasonOf(code, path) };
  }
}

function reasonOf(code: string, path: string): string {
  if (code === 'ENOENT') return `the driver offers no ${path}`;
  if (code === 'EACCES' || code === 'EPERM') return `no permission to read ${path}`;
  return `reading ${path} failed (${code})`;
}

/** Node's error code ("ENOENT"), or "unknown". */
export function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'unknown';
}
