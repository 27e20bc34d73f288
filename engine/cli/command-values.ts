import { usageError } from './cli-error';

/** The values of a command's options, by option name. Every getter throws a usage error that names option, value and limit. */
export class CommandValues {
  readonly #texts: ReadonlyMap<string, readonly string[]>;

  /** @param texts a switch that was given has an empty list */
  constructor(texts: ReadonlyMap<string, readonly string[]>) {
    this.#texts = texts;
  }

  has(name: string): boolean {
    return this.#texts.has(name);
  }

  /** The last value that was given. */
  text(name: string): string | null {
    return this.#texts.get(name)?.at(-1) ?? null;
  }

  /** All values of an option that repeats. */
  list(name: string): readonly string[] {
    return this.#texts.get(name) ?? [];
  }

  integer(name: string, limits: { readonly min: number; readonly max: number }): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= limits.min && value <= limits.max) return value;
    throw usageError(`--${name}: ${quoted(text)} is not a whole number from ${limits.min} to ${limits.max}`);
  }

  number(name: string, limits: { readonly min: number; readonly max: number }): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= limits.min && value <= limits.max) return value;
    throw usageError(`--${name}: ${quoted(text)} is not a number from ${limits.min} to ${limits.max}`);
  }

  /** Numbers separated by commas. */
  numbers(name: string): readonly number[] | null {
    const text = this.text(name);
    if (text === null) return null;
    return text.split(',').map((part) => {
      const value = part.trim() === '' ? Number.NaN : Number(part);
      if (Number.isFinite(value)) return value;
      throw usageError(`--${name}: ${quoted(part)} is not a number; write numbers separated by commas`);
    });
  }

  /** One of `choices`. */
  choice<T extends string>(name: string, choices: readonly T[]): T | null {
    const text = this.text(name);
    if (text === null) return null;
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw usageError(`--${name}: ${quoted(text)} is not one of ${choices.join(', ')}`);
  }

  /** A time such as "10s", "500ms" or "2m"; a bare number is seconds. Milliseconds, rounded. */
  durationMs(name: string, limits: { readonly min: number; readonly max: number }): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const [, digits, unit = 's'] = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)?$/.exec(text) ?? [];
    const value = Math.round(Number(digits) * (UNITS_MS[unit] ?? Number.NaN));
    if (value >= limits.min && value <= limits.max) return value;
    const range = `${limits.min} ms to ${limits.max / 1000} s`;
    throw usageError(`--${name}: ${quoted(text)} is not a time of ${range}, such as 500ms, 10s or 2m`);
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A value as messages show it, cut short. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
