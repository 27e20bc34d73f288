const FIRST_BYTES = 256;

/** Writes protobuf's wire format into one buffer that grows. Values that are the default are written too: callers leave them out. */
export class ProtoWriter {
  #bytes: Buffer;
  #at = 0;

  constructor(sizeGuess = FIRST_BYTES) {
    this.#bytes = Buffer.allocUnsafe(sizeGuess);
  }

  get length(): number {
    return this.#at;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** @param wireType see `WIRE` */
  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** @param value a whole number from 0 to 2^53 - 1 */
  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }

  string(field: number, text: string): void {
    // No UTF-16 unit becomes more than three bytes.
    this.#reserve(text.length * 3);
    this.message(
      field,
      () => {
        this.#at += this.#bytes.write(text, this.#at);
      },
      text.length * 3,
    );
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.tag(field, 2);
    this.varint(bytes.byteLength);
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.byteLength;
  }

  bool(field: number, value: boolean): void {
    this.tag(field, 0);
    this.varint(value ? 1 : 0);
  }

  /** A field of varints in its packed form. */
  packed(field: number, values: readonly number[]): void {
    this.message(field, () => {
      for (const value of values) this.varint(value);
    });
  }

  /**
   * A field whose length is known only when it is written: room for a length of one byte is left, and what was written is moved when
   * that is not enough (it mostly is).
   */
  message(field: number, write: () => void, sizeGuess = 0): void {
    this.tag(field, 2);
    this.#reserve(sizeGuess + 10);
    const lengthAt = this.#at++;
    write();
    const length = this.#at - lengthAt - 1;
    if (length < 0x80) {
      this.#bytes[lengthAt] = length;
      return;
    }
    const more = varintBytes(length) - 1;
    this.#reserve(more);
    this.#bytes.copyWithin(lengthAt + 1 + more, lengthAt + 1, this.#at);
    const end = this.#at + more;
    this.#at = lengthAt;
    this.varint(length);
    this.#at = end;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.byteLength) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.byteLength * 2, this.#at + bytes));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}

export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}
