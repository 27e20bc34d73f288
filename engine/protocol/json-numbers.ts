import { JsonCursor, quote } from './json-cursor';

/** Digits that a double holds exactly whatever they are (10^15 < 2^53). */
const EXACT_DIGITS = 15;
/** 10^0 to 10^22: the powers of ten that are doubles without rounding. */
const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const LARGEST_POWER = POWERS_OF_TEN.length - 1;
/** Relative error of a number of 22 digits, see `nearest`. */
const SINGLE_ERROR = 2 ** -49;

const SPACE = 0x20;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const UPPER_I = 0x49;
const UPPER_N = 0x4e;
const LOWER_E = 0x65;

/** Reads the numbers of a JSON text: from bytes to doubles, with no text between for nearly all of them. */
export class JsonNumbers extends JsonCursor {
  #isWhole = true;

  /**
   * A number, rounded to the nearest double.
   *
   * @param isSingle it is to be stored as FP32: it may differ from the nearest double where it rounds to the same FP32
   */
  readNumber(what: string, isSingle = false): number {
    const { bytes } = this;
    const start = this.at;
    const isNegative = bytes[start] === MINUS;
    const first = isNegative ? ++this.at : start;
    let mantissa = this.#digits(0);
    let digits = this.at - first;
    let exponent = 0;
    if (digits === 0) throw this.unexpected(`${what} to be a number`);
    if (digits > 1 && bytes[first] === ZERO)
      throw this.fail('a number has a zero before its first digit', first);
    if (bytes[this.at] === DOT) {
      const point = ++this.at;
      mantissa = this.#digits(mantissa);
      exponent = point - this.at;
      digits -= exponent;
      if (exponent === 0) throw this.unexpected('a digit after the decimal point');
    }
    this.#isWhole = exponent === 0;
    if (((bytes[this.at] ?? 0) | 0x20) === LOWER_E) exponent += this.#exponent();
    let value = nearest(mantissa, digits, exponent, isSingle);
    if (Number.isNaN(value)) value = Number(this.text(first, this.at));
    if (value === Number.POSITIVE_INFINITY)
      throw this.fail(`${this.textSince(start)} is too large for a number`, start);
    return isNegative ? -value : value;
  }

  /** As `readNumber`, and the three tokens that Triton's clients write for what is not finite. */
  readFloat(what: string, isSingle: boolean): number {
    const byte = this.bytes[this.at];
    if (byte === UPPER_N) {
      this.readWord('NaN');
      return Number.NaN;
    }
    if (byte === UPPER_I) {
      this.readWord('Infinity');
      return Number.POSITIVE_INFINITY;
    }
    if (byte === MINUS && this.bytes[this.at + 1] === UPPER_I) {
      this.readWord('-Infinity');
      return Number.NEGATIVE_INFINITY;
    }
    return this.readNumber(what, isSingle);
  }

  /** As `readNumber`; whole numbers in plain digits that a double would round come as bigint. */
  readExact(what: string): number | bigint {
    const start = this.at;
    const value = this.readNumber(what);
    return this.#isWhole && !Number.isSafeInteger(value) ? BigInt(this.text(start, this.at)) : value;
  }

  /** A whole number digit for digit. Exponents and fractions are refused. */
  readBigInt(what: string): bigint {
    const start = this.at;
    this.readNumber(what);
    const text = this.text(start, this.at);
    if (!this.#isWhole) throw this.fail(`expected ${what} in plain digits, found ${quote(text)}`, start);
    return BigInt(text);
  }

  /**
   * Reads numbers of the usual form, `-12.345,`, into `values` from `index` on, up to the first that has another form or no
   * comma after it. Returns the index of that one. Most of a JSON request is such numbers, so this loop decides how long one
   * takes to read; all else is left to `readFloat`.
   */
  readSingles(values: Float32Array, index: number): number {
    const { bytes } = this;
    let next = index;
    for (; next < values.length; next++) {
      const start = this.at;
      const isNegative = bytes[start] === MINUS;
      const first = isNegative ? ++this.at : start;
      let mantissa = this.#digits(0);
      let digits = this.at - first;
      let decimals = 0;
      if (bytes[this.at] === DOT) {
        const point = ++this.at;
        mantissa = this.#digits(mantissa);
        decimals = this.at - point;
        digits += decimals;
      }
      const isUsual = bytes[this.at] === COMMA && beginsAndEndsWell(bytes, first, this.at);
      const value = isUsual ? nearest(mantissa, digits, -decimals, true) : Number.NaN;
      if (Number.isNaN(value)) {
        this.at = start;
        break;
      }
      values[next] = isNegative ? -value : value;
      this.at++;
      if ((bytes[this.at] ?? 0) <= SPACE) this.skipSpace();
    }
    return next;
  }

  /** Reads digits on to `mantissa`. How many they are, `at` tells. */
  #digits(mantissa: number): number {
    const { bytes } = this;
    let at = this.at;
    let sum = mantissa;
    let digit = (bytes[at] ?? 0) - ZERO;
    while (digit >= 0 && digit <= 9) {
      sum = sum * 10 + digit;
      digit = (bytes[++at] ?? 0) - ZERO;
    }
    this.at = at;
    return sum;
  }

  #exponent(): number {
    this.#isWhole = false;
    const sign = this.bytes[++this.at];
    if (sign === MINUS || sign === PLUS) this.at++;
    const start = this.at;
    const exponent = this.#digits(0);
    if (this.at === start) throw this.unexpected('a digit in the exponent');
    return sign === MINUS ? -exponent : exponent;
  }
}

/** Of digits with at most one point between `first` and `end`: none missing before or after the point, no zero too many. */
function beginsAndEndsWell(bytes: Uint8Array, first: number, end: number): boolean {
  const start = bytes[first] ?? 0;
  const second = bytes[first + 1] ?? 0;
  const isStart = start > ZERO || (start === ZERO && (second === DOT || first + 1 === end));
  return first < end && isStart && bytes[end - 1] !== DOT;
}

/**
 * mantissa * 10^exponent as the nearest double, or NaN where that takes more than a double's arithmetic.
 *
 * Up to 15 digits the mantissa is exact, and so are the powers up to 10^22: the one operation rounds once, which is correct
 * rounding (W. Clinger, "How to Read Floating Point Numbers Accurately", 1990). For FP32 up to 22 digits will do: the seven that
 * the mantissa may not hold add two roundings of at most 2^-53 each, the operation one, so the true value lies within 2^-49 of
 * what comes out, relatively. Rounding is monotonic: if both ends of that range round to one FP32, the true value does too.
 */
function nearest(mantissa: number, digits: number, exponent: number, isSingle: boolean): number {
  if (exponent < -LARGEST_POWER || exponent > LARGEST_POWER || digits > LARGEST_POWER) return Number.NaN;
  const value =
    exponent < 0 ? mantissa / (POWERS_OF_TEN[-exponent] ?? 1) : mantissa * (POWERS_OF_TEN[exponent] ?? 1);
  if (digits <= EXACT_DIGITS) return value;
  const isSame = Math.fround(value * (1 - SINGLE_ERROR)) === Math.fround(value * (1 + SINGLE_ERROR));
  return isSingle && isSame ? value : Number.NaN;
}
