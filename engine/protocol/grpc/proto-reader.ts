import { isUtf8 } from 'node:buffer';
import { invalid } from '../../base';

/** How a field's value is carried (protobuf's wire types; groups are long gone). */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const LONGEST_VARINT = 10;

/**
 * Reads protobuf's wire format where it lies. Bytes are views, nothing is copied; lengths are checked against what is there, so that
 * nothing is allocated by a claim. Throws INVALID_ARGUMENT naming the message and the byte.
 */
export class ProtoReader {
  readonly #bytes: Buffer;
  readonly #what: string;
  readonly #end: number;
  #at: number;
  /** Of the tag that was read last. */
  wireType = 0;

  /** @param what the message, for errors */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
    this.#at = 0;
    this.#end = bytes.byteLength;
  }

  get isDone(): boolean {
    return this.#at >= this.#end;
  }

  /** Number of the next field; its `wireType` is then set. */
  tag(): number {
    const tag = this.uint32();
    this.wireType = tag & 7;
    const field = tag >>> 3;
    if (field === 0) throw this.#fault('there is no field 0');
    return field;
  }

  /** Low 32 bits of a varint, as an unsigned number. */
  uint32(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at] as number;
    if (first < 0x80 && this.#at < this.#end) {
      this.#at++;
      return first;
    }
    return this.#low32();
  }

  /** An int64 or uint64 as its 64 bits, unsigned; a number where that is exact. */
  uint64(): number | bigint {
    const bytes = this.#bytes;
    const first = bytes[this.#at] as number;
    if (first < 0x80 && this.#at < this.#end) {
      this.#at++;
      return first;
    }
    const from = this.#at;
    const value = this.#varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    let exact = 0n;
    for (let at = this.#at - 1; at >= from; at--)
      exact = (exact << 7n) | BigInt((bytes[at] as number) & 0x7f);
    return BigInt.asUintN(64, exact);
  }

  int64(): number | bigint {
    const value = this.uint64();
    if (typeof value === 'number') return value;
    const signed = BigInt.asIntN(64, value);
    return signed >= BigInt(Number.MIN_SAFE_INTEGER) && signed <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(signed)
      : signed;
  }

  double(): number {
    const at = this.#take(8);
    return this.#bytes.readDoubleLE(at);
  }

  /** The bytes of a field, a view. */
  bytes(): Buffer {
    const length = this.uint32();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** @param field its name, for errors */
  string(field: string): string {
    const bytes = this.bytes();
    const text = bytes.toString();
    // The replacement character stands for what is no UTF-8, or for itself.
    if (text.includes('\ufffd') && !isUtf8(bytes))
      throw invalid(`${this.#what}: ${field} is not valid UTF-8`);
    return text;
  }

  /** The value of a field in whatever form it is carried: of one with a length, what is behind the length. A view. */
  raw(): Buffer {
    if (this.wireType === WIRE.bytes) return this.bytes();
    const from = this.#at;
    this.skip();
    return this.#bytes.subarray(from, this.#at);
  }

  /** Passes over a field that is not known. */
  skip(): void {
    if (this.wireType === WIRE.varint) this.#varint();
    else if (this.wireType === WIRE.fixed64) this.#take(8);
    else if (this.wireType === WIRE.bytes) this.#take(this.uint32());
    else if (this.wireType === WIRE.fixed32) this.#take(4);
    else throw this.#fault(`wire type ${this.wireType} does not exist`);
  }

  /** Throws unless the field that was just begun is carried as it must be. */
  expect(wireType: number, field: string): this {
    if (this.wireType !== wireType)
      throw this.#fault(`${field} has wire type ${this.wireType}, it must have ${wireType}`);
    return this;
  }

  /** A negative int32 has ten bytes, of which the first five hold the low 32 bits. */
  #low32(): number {
    const bytes = this.#bytes;
    let value = 0;
    for (let i = 0; i < LONGEST_VARINT; i++) {
      if (this.#at >= this.#end) throw this.#fault('it ends within a number');
      const byte = bytes[this.#at++] as number;
      if (i < 5) value = (value | ((byte & 0x7f) << (7 * i))) >>> 0;
      if (byte < 0x80) return value;
    }
    throw this.#fault('a number has more than ten bytes');
  }

  /** Exact up to 2^53. */
  #varint(): number {
    const bytes = this.#bytes;
    let value = 0;
    let factor = 1;
    for (let i = 0; i < LONGEST_VARINT; i++) {
      if (this.#at >= this.#end) throw this.#fault('it ends within a number');
      const byte = bytes[this.#at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw this.#fault('a number has more than ten bytes');
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#end - at)
      throw this.#fault(`a field of ${length} bytes begins, ${this.#end - at} are left`);
    this.#at = at + length;
    return at;
  }

  #fault(problem: string) {
    return invalid(`${this.#what} cannot be read: ${problem} (at byte ${this.#at})`);
  }
}
