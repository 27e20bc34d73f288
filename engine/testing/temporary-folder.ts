import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  /** Writes files by relative path, making folders on the way; answers the absolute path of the first. */
  write(files: Readonly<Record<string, string | Uint8Array>>): string;
  remove(): void;
}

/** A new folder for one test file; `remove` in afterAll or afterEach. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'ferry-test-'));
  return {
    path,
    write: (files) => {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(path, name)), { recursive: true });
        writeFileSync(join(path, name), content);
      }
      return join(path, Object.keys(files)[0] ?? '');
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
