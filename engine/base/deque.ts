/** A growable ring: push and shift at both ends in constant time, index from the front. */
export class Deque<T> {
  #slots: (T | undefined)[] = new Array(16);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = value;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const value = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length--;
    return value;
  }

  /** The element `offset` places behind the front, or undefined. */
  at(offset: number): T | undefined {
    return offset < 0 || offset >= this.#length ? undefined : this.#slots[(this.#head + offset) & (this.#slots.length - 1)];
  }

  #grow(): void {
    const grown: (T | undefined)[] = new Array(this.#slots.length * 2);
    for (let i = 0; i < this.#length; i++) grown[i] = this.at(i);
    this.#slots = grown;
    this.#head = 0;
  }
}
