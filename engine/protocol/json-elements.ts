import { type EngineError, invalid } from '../base';
import type { Datatype } from '../contract';
import { encodeBytesElements } from '../tensor';
import { toBfloat16, toFloat16 } from './half-floats';
import type { JsonScanner } from './json-scanner';

/** Where the elements of a JSON array go, in order. One class per way of storing; the tensor's bytes come out of `finish`. */
export abstract class JsonElements {
  /** Elements read so far: also the index that an error names. */
  index = 0;

  constructor(
    readonly datatype: Datatype,
    readonly count: number,
  ) {}

  /** Reads the elements up to the end of the innermost array. */
  readRun(scanner: JsonScanner): void {
    do {
      if (this.index === this.count)
        throw invalid(`${scanner.describe()}the shape has room for ${this.count}, and more elements follow`);
      this.read(scanner);
      this.index++;
    } while (scanner.readComma());
  }

  /** The tensor's bytes, little-endian, in a buffer of their own. */
  abstract finish(): Uint8Array;

  /** Reads the element `index`. */
  protected abstract read(scanner: JsonScanner): void;

  protected outOfRange(scanner: JsonScanner, start: number, range: string): EngineError {
    return scanner.fail(`${scanner.textSince(start)} does not fit: ${this.datatype} takes ${range}`, start);
  }
}

/** The largest FP32. What is larger may still round to it. */
const LARGEST_SINGLE = 2 ** 128 - 2 ** 104;

const WHOLE_RANGES = {
  INT8: { make: Int8Array, min: -128, max: 127 },
  UINT8: { make: Uint8Array, min: 0, max: 255 },
  INT16: { make: Int16Array, min: -32_768, max: 32_767 },
  UINT16: { make: Uint16Array, min: 0, max: 65_535 },
  INT32: { make: Int32Array, min: -2_147_483_648, max: 2_147_483_647 },
  UINT32: { make: Uint32Array, min: 0, max: 4_294_967_295 },
} as const;

/** @param count elements that the shape has room for; memory for them is taken at once */
export function createJsonElements(datatype: Datatype, count: number): JsonElements {
  switch (datatype) {
    case 'FP32':
      return new SingleElements(datatype, count);
    case 'FP64':
      return new DoubleElements(datatype, count);
    case 'FP16':
      return new HalfElements(datatype, count, toFloat16, { bits: 0x7c00, largest: '65504' });
    case 'BF16':
      return new HalfElements(datatype, count, toBfloat16, { bits: 0x7f80, largest: '3.3895314e38' });
    case 'INT64':
      return new LongElements(datatype, count, -(2n ** 63n), 2n ** 63n - 1n);
    case 'UINT64':
      return new LongElements(datatype, count, 0n, 2n ** 64n - 1n);
    case 'BOOL':
      return new BooleanElements(datatype, count);
    case 'BYTES':
      return new StringElements(datatype, count);
    default:
      return new WholeElements(datatype, count);
  }
}

// Typed arrays have the byte order of the machine; every platform that Node and Electron are built for here is little-endian,
// as the protocol is.

class SingleElements extends JsonElements {
  readonly #values = new Float32Array(this.count);

  override readRun(scanner: JsonScanner): void {
    this.index = scanner.readSingles(this.#values, this.index);
    super.readRun(scanner);
  }

  protected override read(scanner: JsonScanner): void {
    const start = scanner.offset;
    const value = scanner.readFloat('an element', true);
    this.#values[this.index] = value;
    if (Math.abs(value) > LARGEST_SINGLE && Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
      throw this.outOfRange(
        scanner,
        start,
        'at most 3.4028235e38 either way (write Infinity if that is meant)',
      );
    }
  }

  override finish(): Uint8Array {
    return bytesOf(this.#values);
  }
}

class DoubleElements extends JsonElements {
  readonly #values = new Float64Array(this.count);

  protected override read(scanner: JsonScanner): void {
    this.#values[this.index] = scanner.readFloat('an element', false);
  }

  override finish(): Uint8Array {
    return bytesOf(this.#values);
  }
}

/** FP16 and BF16: numbers are converted, which Triton refuses to do. */
class HalfElements extends JsonElements {
  readonly #values = new Uint16Array(this.count);

  constructor(
    datatype: Datatype,
    count: number,
    readonly toBits: (value: number) => number,
    readonly infinity: { readonly bits: number; readonly largest: string },
  ) {
    super(datatype, count);
  }

  protected override read(scanner: JsonScanner): void {
    const start = scanner.offset;
    const value = scanner.readFloat('an element', false);
    const bits = this.toBits(value);
    if ((bits & 0x7fff) === this.infinity.bits && Number.isFinite(value)) {
      throw this.outOfRange(
        scanner,
        start,
        `at most ${this.infinity.largest} either way (write Infinity if that is meant)`,
      );
    }
    this.#values[this.index] = bits;
  }

  override finish(): Uint8Array {
    return bytesOf(this.#values);
  }
}

class WholeElements extends JsonElements {
  readonly #range = WHOLE_RANGES[this.datatype as keyof typeof WHOLE_RANGES];
  readonly #values = new this.#range.make(this.count);

  protected override read(scanner: JsonScanner): void {
    const start = scanner.offset;
    const value = scanner.readNumber('an element');
    const { min, max } = this.#range;
    if (!(value >= min && value <= max && Number.isInteger(value))) {
      throw this.outOfRange(scanner, start, `whole numbers from ${min} to ${max}`);
    }
    this.#values[this.index] = value;
  }

  override finish(): Uint8Array {
    return bytesOf(this.#values);
  }
}

/** INT64 and UINT64: read digit for digit, as a double holds no more than 2^53. */
class LongElements extends JsonElements {
  readonly #values = new BigUint64Array(this.count);
  readonly #halves = new Uint32Array(this.#values.buffer);

  constructor(
    datatype: Datatype,
    count: number,
    readonly min: bigint,
    readonly max: bigint,
  ) {
    super(datatype, count);
  }

  protected override read(scanner: JsonScanner): void {
    const start = scanner.offset;
    const value = scanner.readNumber('an element');
    if (Number.isSafeInteger(value) && (value >= 0 || this.min < 0n)) {
      // Two 32-bit stores cost a tenth of a bigint. Floor and >>> give two's complement for negative values too.
      this.#halves[2 * this.index] = value >>> 0;
      this.#halves[2 * this.index + 1] = Math.floor(value / 2 ** 32) >>> 0;
      return;
    }
    const range = `whole numbers from ${this.min} to ${this.max}`;
    if (!Number.isInteger(value)) throw this.outOfRange(scanner, start, range);
    scanner.returnTo(start);
    const exact = scanner.readBigInt('an element');
    if (exact < this.min || exact > this.max) throw this.outOfRange(scanner, start, range);
    this.#values[this.index] = BigInt.asUintN(64, exact);
  }

  override finish(): Uint8Array {
    return bytesOf(this.#values);
  }
}

class BooleanElements extends JsonElements {
  readonly #values = new Uint8Array(this.count);

  protected override read(scanner: JsonScanner): void {
    this.#values[this.index] = scanner.readBoolean('an element') ? 1 : 0;
  }

  override finish(): Uint8Array {
    return this.#values;
  }
}

class StringElements extends JsonElements {
  readonly #texts: Uint8Array[] = [];

  protected override read(scanner: JsonScanner): void {
    this.#texts.push(scanner.readStringBytes('an element'));
  }

  override finish(): Uint8Array {
    return encodeBytesElements(this.#texts);
  }
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
