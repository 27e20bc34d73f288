import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';

/** A small record on disk. What is missing or damaged reads as null: preferences are never worth a failed start. */
export class JsonFile<T> {
  readonly #path: string;
  readonly #schema: z.ZodType<T>;

  constructor(path: string, schema: z.ZodType<T>) {
    this.#path = path;
    this.#schema = schema;
  }

  read(): T | null {
    try {
      return this.#schema.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      return null;
    }
  }

  /** Whole or not at all: written beside and moved into place. A disk that refuses is not reported. */
  write(value: T): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(`${this.#path}.new`, `${JSON.stringify(value, null, 2)}\n`);
      renameSync(`${this.#path}.new`, this.#path);
    } catch {
      // The next start then opens with what was kept before.
    }
  }
}
