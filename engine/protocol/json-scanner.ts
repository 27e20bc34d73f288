import { isUtf8 } from 'node:buffer';
import { type EngineError, invalid } from '../base';

/** Deepest nesting of arrays and objects that is read; Triton's limit. */
export const MAX_JSON_DEPTH = 100;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Powers of ten that a double holds exactly. */
const EXACT_POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Integers of so many digits are exact in a double. */
const EXACT_DIGITS = 15;
/** Beyond `EXACT_DIGITS`, each digit may add half a unit in the last place (2^-53) of error: 20 digits stay well below this. */
const FLOAT_ERROR = 2 ** -49;
const FLOAT_DIGITS = 20;

/**
 * A strict JSON reader over bytes (RFC 8259, UTF-8) that moves through the text on demand instead of building a tree, so that
 * a tensor's numbers go straight into its typed array. All faults are INVALID_ARGUMENT with the byte at which they were found.
 */
export class JsonScanner {
  /** Position of the next byte. */
  at = 0;
  readonly #bytes: Buffer;
  #depth = 0;
  // The number scanned last: ±mantissa x 10^exponent, written with `digits` digits in bytes[start, at).
  #start = 0;
  #negative = false;
  #mantissa = 0;
  #digits = 0;
  #exponent = 0;
  /** True when the number scanned last has neither fraction nor exponent. */
  isPlainInteger = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = asBuffer(bytes);
    if (!isUtf8(this.#bytes)) throw invalid('the JSON is not valid UTF-8');
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.#bytes.length - this.at;
  }

  fail(what: string): EngineError {
    return invalid(`the JSON is wrong at byte ${Math.min(this.at, this.#bytes.length)}: ${what}`);
  }

  /** The next byte that is not white space, without moving past it; -1 at the end. */
  peek(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++this.at];
    return byte ?? -1;
  }

  get atArray(): boolean {
    return this.peek() === OPEN_ARRAY;
  }

  get atString(): boolean {
    return this.peek() === QUOTE;
  }

  /** Nothing but white space may follow. */
  end(): void {
    if (this.peek() !== -1) throw this.fail('there is more after the end of the value');
  }

  /** Reads an object; `onKey` must read the value of its key. */
  object(onKey: (key: string) => void): void {
    this.#open(OPEN_OBJECT, 'an object');
    if (this.#closes(CLOSE_OBJECT)) return;
    do {
      const key = this.string();
      if (this.peek() !== COLON) throw this.fail('":" is missing after a key');
      this.at++;
      onKey(key);
    } while (this.#more(CLOSE_OBJECT, '}'));
  }

  /** Reads an array; `onItem` must read the item. */
  array(onItem: (index: number) => void): void {
    this.#open(OPEN_ARRAY, 'an array');
    if (this.#closes(CLOSE_ARRAY)) return;
    let index = 0;
    do onItem(index++);
    while (this.#more(CLOSE_ARRAY, ']'));
  }

  string(): string {
    const bytes = this.#bytes;
    if (this.peek() !== QUOTE) throw this.fail('a string was expected');
    const start = this.at + 1;
    let at = start;
    let seen = 0;
    let escaped = false;
    for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[++at]) {
      if (byte === undefined) throw this.fail('this string does not end');
      if (byte < 0x20) throw this.fail('a control character stands in a string');
      if (byte === BACKSLASH) {
        escaped = true;
        at++;
      }
      seen |= byte;
    }
    if (escaped) return this.#escapedString(start, at);
    this.at = at + 1;
    return seen < 0x80 ? bytes.latin1Slice(start, at) : bytes.utf8Slice(start, at);
  }

  /** True or false; anything else is refused with `what`. */
  boolean(what: string): boolean {
    const first = this.peek();
    if (first === 0x74 && this.#word('true')) return true;
    if (first === 0x66 && this.#word('false')) return false;
    throw this.fail(`${what} must be true or false`);
  }

  /** Moves over a number by JSON's grammar; `double`, `float` or `digits` then give its value. */
  number(): void {
    const bytes = this.#bytes;
    let byte = this.peek();
    this.#start = this.at;
    this.#negative = byte === MINUS;
    if (byte === MINUS) byte = bytes[++this.at] ?? -1;
    this.#mantissa = 0;
    this.#digits = 0;
    if (byte === ZERO) {
      this.at++;
      this.#digits = 1;
    } else this.#scanDigits('a number was expected');
    this.#exponent = 0;
    this.isPlainInteger = true;
    if (bytes[this.at] === DOT) {
      this.at++;
      this.isPlainInteger = false;
      this.#exponent = -this.#scanDigits('a digit must follow the decimal point');
    }
    const sign = bytes[this.at];
    if (sign === 0x65 || sign === 0x45) this.#scanExponent();
  }

  /** The number scanned last as the nearest double. ±Infinity when it is beyond a double's range. */
  double(): number {
    const exponent = this.#exponent;
    if (this.#digits > EXACT_DIGITS || exponent < -22 || exponent > 22) return Number(this.digits());
    // Both operands are exact, so one operation rounds once, to the nearest double (Clinger 1990, the fast path).
    return this.#scaled();
  }

  /** The number scanned last as the nearest float32 (as a double that holds it). ±Infinity when it is beyond the range. */
  float(): number {
    const exponent = this.#exponent;
    if (this.#digits > FLOAT_DIGITS || exponent < -22 || exponent > 22) return Math.fround(Number(this.digits()));
    const approximate = this.#scaled();
    if (this.#digits <= EXACT_DIGITS) return Math.fround(approximate);
    // Printed doubles have up to 17 digits. The float is certain unless a rounding boundary lies within the error.
    const low = Math.fround(approximate * (1 - FLOAT_ERROR));
    return low === Math.fround(approximate * (1 + FLOAT_ERROR)) ? low : Math.fround(Number(this.digits()));
  }

  /** The number scanned last as it is written. */
  digits(): string {
    return this.#bytes.latin1Slice(this.#start, this.at);
  }

  /** `NaN`, `Infinity` or `-Infinity`, which are not JSON but are what Triton and Python write; null for anything else. */
  nonFinite(): number | null {
    const byte = this.peek();
    if (byte === 0x4e && this.#word('NaN')) return Number.NaN;
    if (byte === 0x49 && this.#word('Infinity')) return Number.POSITIVE_INFINITY;
    if (byte === MINUS && this.#bytes[this.at + 1] === 0x49 && this.#word('-Infinity')) return Number.NEGATIVE_INFINITY;
    return null;
  }

  /** Moves over any value, strictly. @param allowNonFinite lets NaN and the infinities pass as numbers */
  skip(allowNonFinite = false): void {
    const byte = this.peek();
    if (byte === QUOTE) this.string();
    else if (byte === OPEN_OBJECT) this.object(() => this.skip(allowNonFinite));
    else if (byte === OPEN_ARRAY) this.array(() => this.skip(allowNonFinite));
    else if (byte === MINUS || (byte >= ZERO && byte <= NINE)) {
      if (!allowNonFinite || this.nonFinite() === null) this.number();
    } else if (!this.#literal(byte) && !(allowNonFinite && this.nonFinite() !== null)) {
      throw this.fail(byte === -1 ? 'it ends where a value was expected' : 'a value was expected');
    }
  }

  /** Moves over `null` if it is next. */
  isNull(): boolean {
    return this.peek() === 0x6e && this.#word('null');
  }

  #literal(first: number): boolean {
    return (first === 0x74 && this.#word('true')) || (first === 0x66 && this.#word('false')) || (first === 0x6e && this.#word('null'));
  }

  #word(word: string): boolean {
    const end = this.at + word.length;
    if (this.#bytes.latin1Slice(this.at, end) !== word) return false;
    this.at = end;
    return true;
  }

  #escapedString(start: number, end: number): string {
    let text: string;
    try {
      text = JSON.parse(this.#bytes.utf8Slice(start - 1, end + 1)) as string;
    } catch {
      throw this.fail('a string has a wrong escape');
    }
    this.at = end + 1;
    return text;
  }

  #scaled(): number {
    const exponent = this.#exponent;
    const value = exponent < 0 ? this.#mantissa / (EXACT_POWERS[-exponent] ?? 1) : this.#mantissa * (EXACT_POWERS[exponent] ?? 1);
    return this.#negative ? -value : value;
  }

  /** Takes in digits; returns how many. At least one must be there. */
  #scanDigits(missing: string): number {
    const bytes = this.#bytes;
    const start = this.at;
    let at = start;
    let mantissa = this.#mantissa;
    let byte = bytes[at] ?? 0;
    while (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      byte = bytes[++at] ?? 0;
    }
    if (at === start) throw this.fail(missing);
    this.at = at;
    this.#mantissa = mantissa;
    this.#digits += at - start;
    return at - start;
  }

  #scanExponent(): void {
    const bytes = this.#bytes;
    this.isPlainInteger = false;
    const sign = bytes[++this.at];
    if (sign === MINUS || sign === 0x2b) this.at++;
    const mantissa = this.#mantissa;
    const digits = this.#digits;
    this.#mantissa = 0;
    this.#scanDigits('a digit must follow the exponent sign');
    // A long exponent overflows to a large or infinite value here, which sends `double` to its slow, exact path.
    this.#exponent += sign === MINUS ? -this.#mantissa : this.#mantissa;
    this.#mantissa = mantissa;
    this.#digits = digits;
  }

  #open(bracket: number, what: string): void {
    if (this.peek() !== bracket) throw this.fail(`${what} was expected`);
    if (++this.#depth > MAX_JSON_DEPTH) throw this.fail(`it is nested ${this.#depth} deep, the limit is ${MAX_JSON_DEPTH}`);
    this.at++;
  }

  #closes(bracket: number): boolean {
    if (this.peek() !== bracket) return false;
    this.at++;
    this.#depth--;
    return true;
  }

  /** After an item: true at a comma, false at the closing bracket. */
  #more(bracket: number, shown: string): boolean {
    const byte = this.peek();
    if (byte === COMMA) {
      this.at++;
      return true;
    }
    if (byte !== bracket) throw this.fail(byte === -1 ? `it ends where "," or "${shown}" was expected` : `"," or "${shown}" was expected`);
    this.at++;
    this.#depth--;
    return false;
  }
}

/** The same bytes with Buffer's methods; no copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
