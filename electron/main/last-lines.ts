/** Cuts a stream of text into lines and remembers the newest. */
export class LastLines {
  readonly #kept: string[] = [];
  readonly #limit: number;
  readonly #maxChars: number;
  #rest = '';

  /** @param limit lines to keep @param maxChars a longer line is cut there, so that one endless line stays small */
  constructor(limit: number, maxChars = 500) {
    this.#limit = limit;
    this.#maxChars = maxChars;
  }

  push(text: string): void {
    const pieces = (this.#rest + text).split(/\r?\n/);
    this.#rest = (pieces.pop() ?? '').slice(0, this.#maxChars);
    for (const piece of pieces) this.#keep(piece);
  }

  /** Oldest first, with the line that has no end yet. */
  get lines(): readonly string[] {
    return this.#rest === '' ? [...this.#kept] : [...this.#kept, this.#rest].slice(-this.#limit);
  }

  #keep(line: string): void {
    if (line.trim() === '') return;
    this.#kept.push(line.slice(0, this.#maxChars));
    if (this.#kept.length > this.#limit) this.#kept.shift();
  }
}
