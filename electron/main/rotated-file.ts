import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface RotatedFileOptions {
  readonly path: string;
  /** A file that would grow beyond this becomes `<path>.1`, the one before it `<path>.2`, and so on. */
  readonly maxBytes: number;
  /** Old files to keep. */
  readonly keep: number;
}

/**
 * Text appended to a file of bounded size. Written at once: after a crash the last lines are what matters, and an engine
 * writes little. A disk that refuses (full, read-only) loses the log, never the app.
 */
export class RotatedFile {
  readonly #options: RotatedFileOptions;
  #bytes: number;

  constructor(options: RotatedFileOptions) {
    this.#options = options;
    this.#bytes = sizeOf(options.path);
  }

  get path(): string {
    return this.#options.path;
  }

  append(text: string): void {
    try {
      const bytes = Buffer.byteLength(text);
      if (this.#bytes > 0 && this.#bytes + bytes > this.#options.maxBytes) this.#rotate();
      mkdirSync(dirname(this.path), { recursive: true });
      appendFileSync(this.path, text, { mode: 0o600 });
      this.#bytes += bytes;
    } catch {
      // See above: the log is lost, which nothing here can mend.
    }
  }

  #rotate(): void {
    const { path, keep } = this.#options;
    rmSync(`${path}.${keep}`, { force: true });
    for (let n = keep - 1; n >= 0; n--) {
      const from = n === 0 ? path : `${path}.${n}`;
      if (sizeOf(from) > 0) renameSync(from, `${path}.${n + 1}`);
    }
    this.#bytes = 0;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
