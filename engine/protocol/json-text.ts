const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const LETTER_E = 0x65;

const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
/** 10^-45 to 10^39, for comparisons only: those outside 10^0 to 10^22 are rounded. */
const DECADES: readonly number[] = Array.from({ length: 85 }, (_, i) => Number(`1e${i - 45}`));
/** Nine significant digits tell every FP32 from every other. */
const SINGLE_DIGITS = 9;
/** Six digits survive the way to FP32 and back: what rounds to them without loss needs no more. */
const SHORT_DIGITS = 6;
const SMALLEST_NORMAL = 2 ** -126;
/** Bytes that one FP32 takes at most; without "e" and with many zeros it is longest. */
const LONGEST_SINGLE = 24;
/** Exponents of ten between which a number is written without "e". */
const PLAIN_FROM = -5;
const PLAIN_TO = 15;
/** Exponents for which 6 to 9 digits are scaled by at most 10^22 either way. */
const EXACT_FROM = -14;
const EXACT_TO = 27;

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/**
 * JSON text in the making: bytes in one growing buffer. Numbers are written digit by digit; there is no string per element and
 * none for the whole.
 */
export class JsonText {
  #bytes: Buffer;
  #length = 0;

  /** @param sizeGuess bytes that will probably do; it grows when they do not */
  constructor(sizeGuess: number) {
    this.#bytes = Buffer.allocUnsafe(Math.max(64, sizeGuess));
  }

  byte(code: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = code;
  }

  /** Text as it stands. */
  raw(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** Text in quotes, escaped. */
  quoted(text: string): void {
    this.raw(JSON.stringify(text));
  }

  /** A whole number. */
  whole(value: number | bigint): void {
    if (typeof value === 'bigint' || value > 999_999_999 || value < -999_999_999) {
      this.raw(String(value));
      return;
    }
    this.#reserve(10);
    let rest = value;
    if (rest < 0) {
      this.#bytes[this.#length++] = MINUS;
      rest = -rest;
    }
    this.#digits(rest, countDigits(rest));
  }

  /** The shortest text that is read back as the same double; `.0` tells a whole one from an integer, as Triton has it. */
  double(value: number): void {
    if (this.#wroteSpecial(value)) return;
    const text = String(value);
    this.raw(Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text);
  }

  /**
   * An FP32 with as few significant digits (6 to 9) as are read back as the same FP32.
   *
   * The candidate of n digits is a whole number m scaled by a power of ten. Both are exact doubles, so dividing or multiplying
   * them gives just what a reader of the text gets; if that rounds to `value`, the text does. Nine digits always do.
   */
  single(value: number): void {
    if (this.#wroteSpecial(value)) return;
    this.#reserve(LONGEST_SINGLE);
    let size = value;
    if (size < 0) {
      this.#bytes[this.#length++] = MINUS;
      size = -size;
    }
    if (size < SMALLEST_NORMAL) {
      // Rare, and nine digits are more than it has: the double's own text.
      this.raw(String(size));
      return;
    }
    const exponent = decimalExponent(size);
    if (exponent < EXACT_FROM || exponent > EXACT_TO) {
      this.#scientific(Math.round(size * decade(SINGLE_DIGITS - 1 - exponent)), SINGLE_DIGITS, exponent);
      return;
    }
    for (let count = SHORT_DIGITS; count < SINGLE_DIGITS; count++) {
      const mantissa = Math.round(scaled(size, count - 1 - exponent));
      if (Math.fround(scaled(mantissa, exponent - count + 1)) === size) {
        this.#number(mantissa, count, exponent);
        return;
      }
    }
    this.#number(Math.round(scaled(size, SINGLE_DIGITS - 1 - exponent)), SINGLE_DIGITS, exponent);
  }

  /** The text so far, as a view on the buffer: the last call. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #wroteSpecial(value: number): boolean {
    if (value === 0) this.raw(Object.is(value, -0) ? '-0.0' : '0.0');
    // Bare tokens, as Triton writes them: JSON has none of its own, and its clients read these.
    else if (!Number.isFinite(value)) this.raw(String(value));
    else return false;
    return true;
  }

  /** `mantissa` of at most `count` digits (one more when rounding carried) times 10^(exponent - count + 1). */
  #number(mantissa: number, count: number, exponent: number): void {
    if (exponent < PLAIN_FROM || exponent > PLAIN_TO) this.#scientific(mantissa, count, exponent);
    else this.#plain(mantissa, count, exponent);
  }

  #plain(mantissa: number, count: number, exponent: number): void {
    let digits = mantissa;
    let decimals = count - 1 - exponent;
    while (decimals > 0 && digits % 10 === 0) {
      digits /= 10;
      decimals--;
    }
    if (decimals <= 0) {
      this.#digits(digits, countDigits(digits));
      for (let i = decimals; i < 0; i++) this.#bytes[this.#length++] = ZERO;
      this.#bytes[this.#length++] = DOT;
      this.#bytes[this.#length++] = ZERO;
      return;
    }
    // The digits go one place to the right of where they belong; those before the point then move left.
    const written = Math.max(countDigits(digits), decimals + 1);
    const start = this.#length++;
    this.#digits(digits, written);
    const point = start + written - decimals;
    this.#bytes.copyWithin(start, start + 1, point + 1);
    this.#bytes[point] = DOT;
  }

  #scientific(mantissa: number, count: number, exponent: number): void {
    let digits = mantissa;
    let power = exponent - count + 1;
    while (digits % 10 === 0) {
      digits /= 10;
      power++;
    }
    const decimals = countDigits(digits) - 1;
    if (decimals > 0) this.#plain(digits, decimals + 1, 0);
    else this.#digits(digits, 1);
    this.#bytes[this.#length++] = LETTER_E;
    this.whole(power + decimals);
  }

  /** `count` digits of `value`, padded with zeros on the left. */
  #digits(value: number, count: number): void {
    let rest = value;
    for (let at = this.#length + count - 1; at >= this.#length; at--) {
      const next = (rest / 10) | 0;
      this.#bytes[at] = ZERO + (rest - next * 10);
      rest = next;
    }
    this.#length += count;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** `value` * 10^power, for powers from -22 to 22: rounded once. */
function scaled(value: number, power: number): number {
  return power < 0 ? value / (POWERS_OF_TEN[-power] ?? 1) : value * (POWERS_OF_TEN[power] ?? 1);
}

/** floor(log10(size)) of a normal FP32. */
function decimalExponent(size: number): number {
  single[0] = size;
  const binary = ((singleBits[0] ?? 0) >>> 23) - 127;
  // With log10(2) it is right, or one too low when `size` lies further up between two powers of two.
  const guess = Math.floor(binary * 0.301_029_995_663_981_2);
  return size >= (DECADES[guess + 1 + 45] ?? 0) ? guess + 1 : guess;
}

/** 10^power, rounded; nine digits bear that. */
function decade(power: number): number {
  return power > 39 ? (DECADES[84] ?? 0) * (DECADES[power - 39 + 45] ?? 0) : (DECADES[power + 45] ?? 0);
}

function countDigits(value: number): number {
  let count = 1;
  while (value >= (POWERS_OF_TEN[count] ?? Number.POSITIVE_INFINITY)) count++;
  return count;
}
