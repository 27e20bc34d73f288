import { isUtf8 } from 'node:buffer';
import { type EngineError, invalid } from '../base';

/** Levels of arrays and objects in one body; the limit that Triton has. */
const DEPTH_LIMIT = 100;
/** Digits that a double holds exactly whatever they are (10^15 < 2^53). */
const EXACT_DIGITS = 15;
/** 10^0 to 10^22: the powers of ten that are doubles without rounding. */
const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const LARGEST_POWER = POWERS_OF_TEN.length - 1;
/** Longest piece of a body that an error message repeats. */
const QUOTED_CHARACTERS = 40;
/** Relative error of a mantissa of 22 digits, see `#plainNumber`. */
const SINGLE_ERROR = 2 ** -49;
/** From here a set finds a key that is there already faster than a look at each. */
const KEYS_LOOKED_AT = 16;

const NO_WORDS: readonly string[] = [];

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const UPPER_I = 0x49;
const UPPER_N = 0x4e;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const LOWER_E = 0x65;
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
export class JsonScanner {
  /** Says what is being read, at the beginning of every error message. */
  describe: () => string = () => '';
  readonly #bytes: Buffer;
  #at = 0;
  #depth = 0;
  // The number scanned last: mantissa * 10^exponent.
  #mantissa = 0;
  #exponent = 0;
  #digits = 0;
  #isTruncated = false;
  #isWhole = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where the next value begins, to come back to it with `returnTo`. */
  get offset(): number {
    return this.#at;
  }

  get bytesLeft(): number {
    return this.#bytes.length - this.#at;
  }

  returnTo(offset: number): void {
    this.#at = offset;
  }

  /** Reads `{…}`: `member` is called with each key and must read its value. `what` names the object in errors. */
  readObject(what: string, member: (key: string) => void): void {
    this.#open(OPEN_OBJECT, `${what} to be an object`);
    const keys = new KeySet();
    if (this.#bytes[this.#at] !== CLOSE_OBJECT) {
      do {
        const keyAt = this.#at;
        if (this.#bytes[keyAt] !== QUOTE) throw this.#unexpected('a key in quotes');
        const key = this.readString('a key');
        if (!keys.add(key)) throw this.fail(`key ${quote(key)} stands twice in one object`, keyAt);
        this.#skipSpace();
        if (this.#bytes[this.#at] !== COLON) throw this.#unexpected('":" after the key');
        this.#at++;
        this.#skipSpace();
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
    return this.#bytes[this.#at] === CLOSE_ARRAY;
  }

  atArrayStart(): boolean {
    return this.#bytes[this.#at] === OPEN_ARRAY;
  }

  closeArray(): void {
    this.#close(CLOSE_ARRAY, '"," or "]"');
  }

  /** True when a comma was there and the next element follows. */
  readComma(): boolean {
    if (this.#bytes[this.#at] !== COMMA) {
      this.#skipSpace();
      if (this.#bytes[this.#at] !== COMMA) return false;
    }
    this.#at++;
    this.#skipSpace();
    return true;
  }

  readString(what: string): string {
    const { start, end, isPlain, isAscii } = this.#scanString(what);
    return isPlain
      ? this.#bytes.toString(isAscii ? 'latin1' : 'utf8', start, end)
      : this.#unescaped(start, end);
  }

  /** A string as UTF-8 bytes; a view on the body when nothing in it is escaped. */
  readStringBytes(what: string): Uint8Array {
    const { start, end, isPlain } = this.#scanString(what);
    if (isPlain) return this.#bytes.subarray(start, end);
    const text = this.#unescaped(start, end);
    if (/\p{Surrogate}/u.test(text)) throw this.fail('half of a surrogate pair has no UTF-8 form', start);
    return Buffer.from(text);
  }

  readBoolean(what: string): boolean {
    const isTrue = this.#bytes[this.#at] === LOWER_T;
    if (!isTrue && this.#bytes[this.#at] !== LOWER_F) throw this.#unexpected(`${what} to be true or false`);
    this.#word(isTrue ? 'true' : 'false');
    return isTrue;
  }

  /** Integers that a double would round come as bigint. */
  readScalar(what: string): JsonScalar {
    const byte = this.#bytes[this.#at];
    if (byte === QUOTE) return this.readString(what);
    if (byte === LOWER_T || byte === LOWER_F) return this.readBoolean(what);
    if (byte === LOWER_N) {
      this.#word('null');
      return null;
    }
    if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) throw this.#unexpected(`${what} to be a single value`);
    const start = this.#at;
    const value = this.readNumber(what);
    // Fifteen digits and fewer are safe; of more, #isWhole tells which form they had.
    return Number.isInteger(value) && !Number.isSafeInteger(value) && this.#isWhole
      ? BigInt(this.#text(start, this.#at))
      : value;
  }

  /** A number, rounded to the nearest double. */
  readNumber(what: string): number {
    const plain = this.#plainNumber(false);
    if (!Number.isNaN(plain)) return plain;
    const start = this.#at;
    const isNegative = this.#scanNumber(what);
    const value = this.#isTruncated ? null : this.#scaled(this.#mantissa);
    return this.#signed(value ?? this.#parsed(start), isNegative, start);
  }

  /**
   * As `readNumber`, and the three tokens that are not finite.
   *
   * @param isSingle the value is to be stored as FP32: it may differ from the nearest double where it rounds to the same FP32
   */
  readFloat(what: string, isSingle: boolean): number {
    const plain = this.#plainNumber(isSingle);
    if (!Number.isNaN(plain)) return plain;
    const first = this.#bytes[this.#at];
    const letter = first === MINUS ? this.#bytes[this.#at + 1] : first;
    if (letter === UPPER_I || (first === UPPER_N && letter === first)) return this.#nonFinite();
    return this.readNumber(what);
  }

  /** A whole number digit for digit, for those that a double may not hold. Exponents and fractions are refused. */
  readBigInt(what: string): bigint {
    const start = this.#at;
    this.#scanNumber(what);
    const text = this.#text(start, this.#at);
    if (!this.#isWhole) throw this.fail(`expected ${what} in plain digits, found ${quote(text)}`, start);
    return BigInt(text);
  }

  /** What was read since `offset`, shortened, for an error message. */
  textSince(offset: number): string {
    return this.#text(offset, Math.min(this.#at, offset + QUOTED_CHARACTERS));
  }

  /** Reads over a value of any kind, which must be well-formed. `nonFinite`: NaN and the infinities may stand in it. */
  skipValue(nonFinite = false): void {
    const byte = this.#bytes[this.#at];
    if (byte === OPEN_OBJECT) this.readObject('the value', () => this.skipValue(nonFinite));
    else if (byte === OPEN_ARRAY) this.readArray('the value', () => this.skipValue(nonFinite));
    else if (byte === QUOTE) this.readString('the value');
    else if (byte === LOWER_T || byte === LOWER_F) this.readBoolean('the value');
    else if (byte === LOWER_N) this.#word('null');
    else if (nonFinite) this.readFloat('a value', true);
    else this.readNumber('a value');
  }

  /** Before the first value. */
  begin(): void {
    this.#skipSpace();
    if (this.bytesLeft === 0) throw this.fail('there is no JSON in the body');
  }

  /** After the last value: nothing but white space may follow. */
  finish(): void {
    this.#skipSpace();
    if (this.bytesLeft > 0) throw this.#unexpected('nothing after the JSON value');
  }

  fail(message: string, offset = this.#at): EngineError {
    return invalid(`${this.describe()}${message} (byte ${offset} of the JSON)`);
  }

  #open(bracket: number, expected: string): void {
    if (this.#bytes[this.#at] !== bracket) throw this.#unexpected(expected);
    if (++this.#depth > DEPTH_LIMIT)
      throw this.fail(`the JSON is nested deeper than ${DEPTH_LIMIT} levels, which is the limit`);
    this.#at++;
    this.#skipSpace();
  }

  #close(bracket: number, expected: string): void {
    this.#skipSpace();
    if (this.#bytes[this.#at] !== bracket) throw this.#unexpected(expected);
    this.#depth--;
    this.#at++;
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || byte > SPACE) return;
      if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return;
      this.#at++;
    }
  }

  #word(word: string): void {
    if (this.#text(this.#at, this.#at + word.length) !== word) throw this.#unexpected(word);
    this.#at += word.length;
  }

  #nonFinite(): number {
    if (this.#bytes[this.#at] === UPPER_N) {
      this.#word('NaN');
      return Number.NaN;
    }
    const isNegative = this.#bytes[this.#at] === MINUS;
    if (isNegative) this.#at++;
    this.#word('Infinity');
    return isNegative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  /** A string of the protocol's own, found without making one of the bytes; null, with nothing read, for all others. */
  #knownWord(): string | null {
    const bytes = this.#bytes;
    const start = this.#at + 1;
    for (const word of WORDS[bytes[start] ?? 0] ?? NO_WORDS) {
      if (bytes[start + word.length] !== QUOTE) continue;
      let i = 1;
      while (i < word.length && bytes[start + i] === word.charCodeAt(i)) i++;
      if (i !== word.length || bytes[this.#at] !== QUOTE) continue;
      this.#at = start + word.length + 1;
      return word;
    }
    return null;
  }

  #scanString(what: string): { start: number; end: number; isPlain: boolean; isAscii: boolean } {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== QUOTE) throw this.#unexpected(`${what} to be a string`);
    const start = this.#at + 1;
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
    this.#at = at + 1;
    return { start, end: at, isPlain, isAscii };
  }

  #unescaped(start: number, end: number): string {
    const text = this.#bytes.toString('utf8', start - 1, end + 1);
    try {
      return String(JSON.parse(text));
    } catch {
      throw this.fail('a string holds an escape that JSON does not have', start);
    }
  }

  /**
   * The usual form of a number, `-12.345`, in one pass; NaN (which a compiler keeps in a register,
   * unlike null), with nothing read, for every other form. Most of a JSON request is
   * such numbers, so this loop is what decides how fast one is read.
   *
   * Up to 15 digits the mantissa is exact, and the one division rounds once (see `#scaled`). For FP32 up to 22 digits will do:
   * the seven that a double may not hold add at most fifteen roundings of 2^-53, so the true value lies within 2^-49 of what
   * comes out, relatively. Rounding is monotonic: if both ends of that range round to one FP32, the true value does too.
   */
  #plainNumber(isSingle: boolean): number {
    const bytes = this.#bytes;
    const isNegative = bytes[this.#at] === MINUS;
    const start = isNegative ? this.#at + 1 : this.#at;
    let at = start;
    let mantissa = 0;
    let digit = (bytes[at] ?? 0) - ZERO;
    while (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = (bytes[++at] ?? 0) - ZERO;
    }
    let digits = at - start;
    if (digits === 0 || (digits > 1 && bytes[start] === ZERO)) return Number.NaN;
    let decimals = 0;
    if (digit === DOT - ZERO) {
      digit = (bytes[++at] ?? 0) - ZERO;
      while (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit;
        decimals++;
        digit = (bytes[++at] ?? 0) - ZERO;
      }
      if (decimals === 0) return Number.NaN;
      digits += decimals;
    }
    if (digit === LOWER_E - ZERO || digit === UPPER_E - ZERO) return Number.NaN;
    const value = decimals === 0 ? mantissa : mantissa / (POWERS_OF_TEN[decimals] ?? 1);
    if (digits > EXACT_DIGITS && !(isSingle && digits <= LARGEST_POWER && isSameSingle(value)))
      return Number.NaN;
    this.#at = at;
    return isNegative ? -value : value;
  }

  /** Scans a number token into mantissa (at most 15 digits) and decimal exponent. Returns whether it is negative. */
  #scanNumber(what: string): boolean {
    const bytes = this.#bytes;
    this.#mantissa = 0;
    this.#exponent = 0;
    this.#digits = 0;
    this.#isTruncated = false;
    this.#isWhole = true;
    const isNegative = bytes[this.#at] === MINUS;
    if (isNegative) this.#at++;
    if (bytes[this.#at] === ZERO) this.#at++;
    else if (this.#scanDigits(0) === 0) throw this.#unexpected(`${what} to be a number`);
    if (bytes[this.#at] === DOT) {
      this.#isWhole = false;
      this.#at++;
      if (this.#scanDigits(-1) === 0) throw this.#unexpected('a digit after the decimal point');
    }
    const byte = bytes[this.#at];
    if (byte !== undefined && (byte | 0x20) === LOWER_E) this.#scanExponent();
    return isNegative;
  }

  /** @param perDigit by what a digit that is kept moves the exponent: 0 before the point, -1 after it */
  #scanDigits(perDigit: number): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let mantissa = this.#mantissa;
    let digits = this.#digits;
    let exponent = this.#exponent;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined || byte < ZERO || byte > NINE) break;
      at++;
      exponent += perDigit;
      if (digits < EXACT_DIGITS) {
        mantissa = mantissa * 10 + (byte - ZERO);
        if (mantissa > 0) digits++;
      } else {
        exponent++;
        if (byte !== ZERO) this.#isTruncated = true;
      }
    }
    this.#mantissa = mantissa;
    this.#digits = digits;
    this.#exponent = exponent;
    this.#at = at;
    return at - start;
  }

  #scanExponent(): void {
    const bytes = this.#bytes;
    this.#isWhole = false;
    this.#at++;
    const sign = bytes[this.#at];
    if (sign === MINUS || sign === PLUS) this.#at++;
    const start = this.#at;
    let exponent = 0;
    for (;;) {
      const byte = bytes[this.#at];
      if (byte === undefined || byte < ZERO || byte > NINE) break;
      // Far beyond any double, and still far from where adding to it would round.
      if (exponent < 1e9) exponent = exponent * 10 + (byte - ZERO);
      this.#at++;
    }
    if (this.#at === start) throw this.#unexpected('a digit in the exponent');
    this.#exponent += sign === MINUS ? -exponent : exponent;
  }

  /**
   * `mantissa` times the token's power of ten, correctly rounded: both are exact doubles, so the one operation rounds once
   * (W. Clinger, "How to Read Floating Point Numbers Accurately", 1990). Null when the power is too large for that.
   */
  #scaled(mantissa: number): number | null {
    const exponent = this.#exponent;
    if (exponent === 0) return mantissa;
    if (exponent < 0) return exponent < -LARGEST_POWER ? null : mantissa / (POWERS_OF_TEN[-exponent] ?? 1);
    return exponent > LARGEST_POWER ? null : mantissa * (POWERS_OF_TEN[exponent] ?? 1);
  }

  /** The token without its sign, by the language's own parser: for the few that need more than a double's arithmetic. */
  #parsed(start: number): number {
    return Math.abs(Number(this.#text(start, this.#at)));
  }

  #signed(value: number, isNegative: boolean, start: number): number {
    if (value === Number.POSITIVE_INFINITY)
      throw this.fail(`${this.textSince(start)} is too large for a number`, start);
    return isNegative ? -value : value;
  }

  #unexpected(expected: string): EngineError {
    const found = this.bytesLeft === 0 ? 'the end' : quote(this.#text(this.#at, this.#at + 12));
    return this.fail(`expected ${expected}, found ${found}`);
  }

  #text(start: number, end: number): string {
    return this.#bytes.toString('latin1', start, end);
  }
}

/** Whether everything within the error of `value` is the same FP32. */
function isSameSingle(value: number): boolean {
  return Math.fround(value * (1 - SINGLE_ERROR)) === Math.fround(value * (1 + SINGLE_ERROR));
}

/** Keys of one object. Most objects have a handful, for which looking at each is fastest. */
class KeySet {
  readonly #few: string[] = [];
  #many: Set<string> | null = null;

  /** False when it is there already. */
  add(key: string): boolean {
    if (this.#many) {
      const { size } = this.#many;
      return this.#many.add(key).size > size;
    }
    if (this.#few.includes(key)) return false;
    this.#few.push(key);
    if (this.#few.length === KEYS_LOOKED_AT) this.#many = new Set(this.#few);
    return true;
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}
