import { isUtf8 } from 'node:buffer';
import { invalid } from '../base';
import { quote } from './json-cursor';
import { JsonNumbers } from './json-numbers';

/** Levels of arrays and objects in one body; the limit that Triton has. */
const DEPTH_LIMIT = 100;
/** Keys of one object: far beyond what any message has. A bound, since they are kept to find one that stands twice. */
const KEY_LIMIT = 4096;
/** From here a set finds a key that is there already faster than a look at each. */
const KEYS_LOOKED_AT = 16;

const NO_WORDS: readonly string[] = [];

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The strings that nearly every request has, by their first byte. */
const WORDS: (readonly string[] | undefined)[] = [];
for (const word of [
  'inputs',
  'outputs',
  'name',
  'shape',
  'datatype',
  'data',
  'parameters',
  'binary_data_size',
  'binary_data',
  'binary_data_output',
  'id',
]) {
  WORDS[word.charCodeAt(0)] = [...(WORDS[word.charCodeAt(0)] ?? NO_WORDS), word];
}

type JsonScalar = string | number | bigint | boolean | null;

/**
 * A strict reader of JSON (RFC 8259) over bytes, asked for one value after the other by a caller who knows what should come.
 * Numbers go from bytes to their places with no text and no boxed array between, which is faster than `JSON.parse` and a copy.
 * Stricter than `JSON.parse` in two ways: a key that stands twice in an object is refused (two readers of one body must not see
 * two requests), and so is nesting deeper than 100 levels. `NaN`, `Infinity` and `-Infinity`, which Triton's clients write, are
 * read by `readFloat` alone.
 *
 * All methods throw INVALID_ARGUMENT with the offset of the byte that does not fit.
 */
export class JsonScanner extends JsonNumbers {
  #depth = 0;

  /** Reads `{…}`: `member` is called with each key and must read its value. `what` names the object in errors. */
  readObject(what: string, member: (key: string) => void): void {
    this.#open(OPEN_OBJECT, `${what} to be an object`);
    const keys = new KeySet();
    if (this.bytes[this.at] !== CLOSE_OBJECT) {
      do {
        const keyAt = this.at;
        if (this.bytes[keyAt] !== QUOTE) throw this.unexpected('a key in quotes');
        const key = this.readString('a key');
        if (!keys.add(key)) throw this.fail(`key ${quote(key)} stands twice in one object`, keyAt);
        this.skipSpace();
        if (this.bytes[this.at] !== COLON) throw this.unexpected('":" after the key');
        this.at++;
        this.skipSpace();
        member(key);
      } while (this.readComma());
    }
    this.#close(CLOSE_OBJECT, '"," or "}"');
  }

  /** Reads `[…]`: `element` is called before each element and must read it. */
  readArray(what: string, element: (index: number) => void): void {
    this.openArray(what);
    if (!this.atArrayEnd()) {
      let index = 0;
      do element(index++);
      while (this.readComma());
    }
    this.closeArray();
  }

  /** For loops over many elements: `openArray`, then unless `atArrayEnd` elements while `readComma`, then `closeArray`. */
  openArray(what: string): void {
    this.#open(OPEN_ARRAY, `${what} to be an array`);
  }

  atArrayEnd(): boolean {
    return this.bytes[this.at] === CLOSE_ARRAY;
  }

  atArrayStart(): boolean {
    return this.bytes[this.at] === OPEN_ARRAY;
  }

  closeArray(): void {
    this.#close(CLOSE_ARRAY, '"," or "]"');
  }

  /** True when a comma was there and the next element follows. */
  readComma(): boolean {
    if (this.bytes[this.at] !== COMMA) {
      this.skipSpace();
      if (this.bytes[this.at] !== COMMA) return false;
    }
    this.at++;
    this.skipSpace();
    return true;
  }

  readString(what: string): string {
    const word = this.#knownWord();
    if (word !== null) return word;
    const { start, end, isPlain, isAscii } = this.#scanString(what);
    return isPlain
      ? this.bytes.toString(isAscii ? 'latin1' : 'utf8', start, end)
      : this.#unescaped(start, end);
  }

  /** A string as UTF-8 bytes; a view on the body when nothing in it is escaped. */
  readStringBytes(what: string): Uint8Array {
    const { start, end, isPlain } = this.#scanString(what);
    if (isPlain) return this.bytes.subarray(start, end);
    const text = this.#unescaped(start, end);
    if (/\p{Surrogate}/u.test(text)) throw this.fail('half of a surrogate pair has no UTF-8 form', start);
    return Buffer.from(text);
  }

  readBoolean(what: string): boolean {
    const isTrue = this.bytes[this.at] === LOWER_T;
    if (!isTrue && this.bytes[this.at] !== LOWER_F) throw this.unexpected(`${what} to be true or false`);
    this.readWord(isTrue ? 'true' : 'false');
    return isTrue;
  }

  /** Integers that a double would round come as bigint. */
  readScalar(what: string): JsonScalar {
    const byte = this.bytes[this.at];
    if (byte === QUOTE) return this.readString(what);
    if (byte === LOWER_T || byte === LOWER_F) return this.readBoolean(what);
    if (byte === LOWER_N) {
      this.readWord('null');
      return null;
    }
    if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) throw this.unexpected(`${what} to be a single value`);
    return this.readExact(what);
  }

  /** Reads over a value of any kind, which must be well-formed. `nonFinite`: NaN and the infinities may stand in it. */
  skipValue(nonFinite = false): void {
    const byte = this.bytes[this.at];
    if (byte === OPEN_OBJECT) this.readObject('the value', () => this.skipValue(nonFinite));
    else if (byte === OPEN_ARRAY) this.readArray('the value', () => this.skipValue(nonFinite));
    else if (byte === QUOTE) this.readString('the value');
    else if (byte === LOWER_T || byte === LOWER_F) this.readBoolean('the value');
    else if (byte === LOWER_N) this.readWord('null');
    else if (nonFinite) this.readFloat('a value', true);
    else this.readNumber('a value');
  }

  /** Before the first value. */
  begin(): void {
    this.skipSpace();
    if (this.bytesLeft === 0) throw this.fail('there is no JSON in the body');
  }

  /** After the last value: nothing but white space may follow. */
  finish(): void {
    this.skipSpace();
    if (this.bytesLeft > 0) throw this.unexpected('nothing after the JSON value');
  }

  #open(bracket: number, expected: string): void {
    if (this.bytes[this.at] !== bracket) throw this.unexpected(expected);
    if (++this.#depth > DEPTH_LIMIT)
      throw this.fail(`the JSON is nested deeper than ${DEPTH_LIMIT} levels, which is the limit`);
    this.at++;
    this.skipSpace();
  }

  #close(bracket: number, expected: string): void {
    this.skipSpace();
    if (this.bytes[this.at] !== bracket) throw this.unexpected(expected);
    this.#depth--;
    this.at++;
  }

  /** A string of the protocol's own, found without making one of the bytes; null, with nothing read, for all others. */
  #knownWord(): string | null {
    const bytes = this.bytes;
    const start = this.at + 1;
    for (const word of WORDS[bytes[start] ?? 0] ?? NO_WORDS) {
      if (bytes[start + word.length] !== QUOTE) continue;
      let i = 1;
      while (i < word.length && bytes[start + i] === word.charCodeAt(i)) i++;
      if (i !== word.length || bytes[this.at] !== QUOTE) continue;
      this.at = start + word.length + 1;
      return word;
    }
    return null;
  }

  #scanString(what: string): { start: number; end: number; isPlain: boolean; isAscii: boolean } {
    const bytes = this.bytes;
    if (bytes[this.at] !== QUOTE) throw this.unexpected(`${what} to be a string`);
    const start = this.at + 1;
    let at = start;
    let seen = 0;
    let isPlain = true;
    for (;;) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined) throw this.fail('a string does not end', start - 1);
      if (byte < SPACE)
        throw this.fail(`a string holds the control character ${byte}, which must be escaped`, at);
      if (byte === BACKSLASH) {
        isPlain = false;
        at++;
      }
      seen |= byte;
      at++;
    }
    const isAscii = seen < 0x80;
    if (!isAscii && !isUtf8(bytes.subarray(start, at))) throw this.fail('a string is not valid UTF-8', start);
    this.at = at + 1;
    return { start, end: at, isPlain, isAscii };
  }

  #unescaped(start: number, end: number): string {
    const text = this.bytes.toString('utf8', start - 1, end + 1);
    try {
      return String(JSON.parse(text));
    } catch {
      throw this.fail('a string holds an escape that JSON does not have', start);
    }
  }
}

/** Keys of one object. Most objects have a handful, for which looking at each is fastest. */
class KeySet {
  readonly #few: string[] = [];
  #many: Set<string> | null = null;

  /** False when it is there already. */
  add(key: string): boolean {
    if (this.#many) {
      const { size } = this.#many;
      if (size === KEY_LIMIT) throw invalid(`an object has more than ${KEY_LIMIT} keys, which is the limit`);
      return this.#many.add(key).size > size;
    }
    if (this.#few.includes(key)) return false;
    this.#few.push(key);
    if (this.#few.length === KEYS_LOOKED_AT) this.#many = new Set(this.#few);
    return true;
  }
}
