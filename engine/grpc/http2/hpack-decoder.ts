import { decodeHuffman } from './hpack-huffman';
import { ENTRY_OVERHEAD_BYTES, HpackTable } from './hpack-table';
import { CODE, ConnectionError } from './protocol';

/** The fields of one header block. Equal blocks give the same object while the dynamic table stays as it is. */
export interface HeaderList {
  /** Names and values by turns, in their order. */
  readonly fields: readonly string[];
  /** True when it is larger than the limit: `fields` then lacks the rest. */
  readonly isTooLarge: boolean;
}

const TABLE_BYTES = 4096;
/** Bytes of one integer: more than any that makes sense here. */
const INTEGER_BYTES = 5;

/** Header blocks to fields (RFC 7541), with one dynamic table per connection. Errors end the connection: the table is lost. */
export class HpackDecoder {
  readonly #table = new HpackTable(TABLE_BYTES);
  readonly #listLimitBytes: number;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  /** A client that repeats a call sends the same block again: it is compared, not decoded. */
  #last: { readonly block: Buffer; readonly generation: number; readonly list: HeaderList } | null = null;

  /** @param listLimitBytes largest list, counted as SETTINGS_MAX_HEADER_LIST_SIZE counts */
  constructor(listLimitBytes: number) {
    this.#listLimitBytes = listLimitBytes;
  }

  decode(block: Buffer): HeaderList {
    const last = this.#last;
    if (last && last.generation === this.#table.generation && last.block.equals(block)) return last.list;
    const before = this.#table.generation;
    this.#block = block;
    this.#at = 0;
    const list = this.#readFields();
    this.#block = Buffer.alloc(0);
    const { generation } = this.#table;
    this.#last = generation === before ? { block: Buffer.from(block), generation, list } : null;
    return list;
  }

  #readFields(): HeaderList {
    const fields: string[] = [];
    let size = 0;
    const add = (name: string, value: string): void => {
      size += name.length + value.length + ENTRY_OVERHEAD_BYTES;
      if (size <= this.#listLimitBytes) fields.push(name, value);
    };
    let mayResize = true;
    while (this.#at < this.#block.byteLength) {
      const first = this.#block[this.#at] as number;
      if ((first & 0xe0) === 0x20) {
        if (!mayResize) throw fault('a change of the table size stands behind a field');
        this.#table.resize(this.#integer(5));
        continue;
      }
      mayResize = false;
      if (first & 0x80) {
        const index = this.#integer(7);
        add(this.#table.name(index), this.#table.value(index));
      } else this.#literal(first, add);
    }
    return { fields, isTooLarge: size > this.#listLimitBytes };
  }

  #literal(first: number, add: (name: string, value: string) => void): void {
    const isKept = (first & 0x40) !== 0;
    const index = this.#integer(isKept ? 6 : 4);
    const name = index === 0 ? this.#string() : this.#table.name(index);
    const value = this.#string();
    add(name, value);
    if (isKept) this.#table.add(name, value);
  }

  /** RFC 7541, 5.1; `bits` of the first byte belong to it. */
  #integer(bits: number): number {
    const mask = (1 << bits) - 1;
    let value = (this.#block[this.#at++] as number) & mask;
    if (value < mask) return value;
    for (let i = 0; i < INTEGER_BYTES; i++) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) throw fault('a header block ends within a number');
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw fault('a number in a header block is too long');
  }

  #string(): string {
    const first = this.#block[this.#at];
    if (first === undefined) throw fault('a header block ends before a string');
    const length = this.#integer(7);
    const end = this.#at + length;
    if (end > this.#block.byteLength) throw fault('a string is longer than its header block');
    const from = this.#at;
    this.#at = end;
    return first & 0x80
      ? decodeHuffman(this.#block.subarray(from, end))
      : this.#block.toString('latin1', from, end);
  }
}

function fault(message: string): ConnectionError {
  return new ConnectionError(CODE.compressionError, message);
}
