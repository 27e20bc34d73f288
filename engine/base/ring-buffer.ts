/** Keeps the newest `capacity` values, in order. */
export class RingBuffer<T> {
  #values: T[] = [];
  #next = 0;

  constructor(readonly capacity: number) {}

  push(value: T): void {
    if (this.#values.length < this.capacity) this.#values.push(value);
    else this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.capacity;
  }

  get length(): number {
    return this.#values.length;
  }

  /** Oldest first. */
  toArray(): T[] {
    if (this.#values.length < this.capacity) return this.#values.slice();
    return [...this.#values.slice(this.#next), ...this.#values.slice(0, this.#next)];
  }

  latest(): T | undefined {
    return this.#values[(this.#next - 1 + this.capacity) % this.capacity];
  }
}
