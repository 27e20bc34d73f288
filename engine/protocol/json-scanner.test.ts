import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { JsonScanner } from './json-scanner';

vi.setConfig({ testTimeout: 60_000 });

const scannerOf = (text: string | Uint8Array) =>
  new JsonScanner(typeof text === 'string' ? Buffer.from(text) : text);

/** Builds what JSON.parse builds, by asking the scanner for one value after the other. */
function readTree(scanner: JsonScanner): unknown {
  const next = String.fromCharCode(peek(scanner));
  if (next === '{') {
    const object: Record<string, unknown> = Object.create(null);
    scanner.readObject('value', (key) => {
      object[key] = readTree(scanner);
    });
    return object;
  }
  if (next === '[') {
    const array: unknown[] = [];
    scanner.readArray('value', () => array.push(readTree(scanner)));
    return array;
  }
  const scalar = scanner.readScalar('value');
  return typeof scalar === 'bigint' ? Number(scalar) : scalar;
}

const sources = new WeakMap<JsonScanner, Buffer>();
function peek(scanner: JsonScanner): number {
  return sources.get(scanner)?.[scanner.offset] ?? 0;
}

function parse(text: string): unknown {
  const bytes = Buffer.from(text);
  const scanner = new JsonScanner(bytes);
  sources.set(scanner, bytes);
  scanner.begin();
  const value = readTree(scanner);
  scanner.finish();
  return value;
}

function accepts(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

const skips = (text: string) =>
  accepts(() => {
    const scanner = scannerOf(text);
    scanner.begin();
    scanner.skipValue();
    scanner.finish();
  });

const spaced = fc.tuple(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t', '\r\n '));

describe('the JSON scanner', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(spaced, ([json, indent]) => {
        const text = JSON.stringify(JSON.parse(json), null, indent);
        expect(parse(text)).toEqual(
          JSON.parse(text, (_, value) =>
            isRecord(value) ? Object.assign(Object.create(null), value) : value,
          ),
        );
      }),
    );
  });

  it('refuses what JSON.parse refuses, whatever byte of a text is changed, dropped or added', () => {
    const edit = fc.tuple(
      spaced,
      fc.nat(),
      fc.constantFrom(
        '',
        ' ',
        '"',
        '\\',
        ',',
        ':',
        '[',
        ']',
        '{',
        '}',
        '0',
        '-',
        '.',
        'e',
        '+',
        'n',
        '\n',
        '\u0001',
      ),
      fc.boolean(),
    );
    fc.assert(
      fc.property(edit, ([[json, indent], at, put, replaces]) => {
        const text = JSON.stringify(JSON.parse(json), null, indent);
        const where = at % (text.length + 1);
        const edited = text.slice(0, where) + put + text.slice(where + (replaces ? 1 : 0));
        const isJson = accepts(() => JSON.parse(edited));
        // The scanner is stricter in two ways that such an edit can bring about.
        if (isJson && (hasTwins(edited) || hasInfinity(edited))) return;
        expect(skips(edited)).toBe(isJson);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads every double as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        for (const text of [
          JSON.stringify(value),
          value.toPrecision(17),
          value.toExponential(20),
          value.toFixed(3),
        ]) {
          expect(scannerOf(text).readNumber('value')).toBe(JSON.parse(text));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads digits in any number and at any exponent as JSON.parse does', () => {
    const digits = fc
      .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 })
      .map((list) => list.join(''));
    fc.assert(
      fc.property(
        digits,
        digits,
        fc.integer({ min: -330, max: 300 }),
        fc.boolean(),
        (whole, fraction, exponent, isNegative) => {
          const text = `${isNegative ? '-' : ''}${whole.replace(/^0+(?=\d)/, '')}.${fraction}e${exponent}`;
          const expected = Number(text);
          if (!Number.isFinite(expected)) return;
          expect(scannerOf(text).readNumber('value')).toBe(expected);
          expect(Math.fround(scannerOf(text).readFloat('value', true))).toBe(Math.fround(expected));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('reads 64-bit integers beyond 2^53 without loss', () => {
    expect(scannerOf('9007199254740993').readScalar('value')).toBe(9_007_199_254_740_993n);
    expect(scannerOf('-9223372036854775808').readBigInt('value')).toBe(-(2n ** 63n));
    expect(scannerOf('18446744073709551615').readBigInt('value')).toBe(2n ** 64n - 1n);
  });

  it('reads strings with escapes and beyond ASCII as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = JSON.stringify(text);
        expect(scannerOf(json).readString('value')).toBe(text);
        expect(Buffer.from(scannerOf(json).readStringBytes('value')).toString()).toBe(text);
      }),
    );
  });

  it('reads NaN and the infinities where it is asked for a float, and nowhere else', () => {
    expect(scannerOf('NaN').readFloat('value', true)).toBeNaN();
    expect(scannerOf('Infinity').readFloat('value', true)).toBe(Number.POSITIVE_INFINITY);
    expect(scannerOf('-Infinity').readFloat('value', false)).toBe(Number.NEGATIVE_INFINITY);
    for (const text of ['NaN', 'Infinity', '-Infinity'])
      expect(() => scannerOf(text).readNumber('value')).toThrow('expected value to be a number');
    for (const text of ['nan', 'Inf', '+1', '-', '--1', 'Nope', '-Inf'])
      expect(accepts(() => scannerOf(text).readFloat('value', true))).toBe(false);
  });

  it('refuses a key that stands twice, in small objects and in large ones', () => {
    expect(() => parse('{"a":1,"b":2,"a":3}')).toThrow(
      'key "a" stands twice in one object (byte 13 of the JSON)',
    );
    const keys = Array.from({ length: 40 }, (_, i) => `"k${i}":${i}`);
    expect(skips(`{${keys.join(',')}}`)).toBe(true);
    for (const twin of [0, 15, 16, 39]) expect(skips(`{${keys.join(',')},"k${twin}":0}`)).toBe(false);
  });

  it('reads 100 levels, and names the limit beyond: at 101 and at 10,000', () => {
    expect(skips('['.repeat(100) + ']'.repeat(100))).toBe(true);
    for (const depth of [101, 10_000]) {
      expect(() => parse('['.repeat(depth) + ']'.repeat(depth))).toThrow('nested deeper than 100 levels');
      expect(() => parse('{"a":'.repeat(depth))).toThrow('nested deeper than 100 levels');
    }
  });

  it.each([
    ['[1, 2', 'expected "," or "]", found the end (byte 5 of the JSON)'],
    ['{"a" 1}', 'expected ":" after the key, found "1}" (byte 5 of the JSON)'],
    ['{a:1}', 'expected a key in quotes, found "a:1}" (byte 1 of the JSON)'],
    ['"abc', 'a string does not end (byte 0 of the JSON)'],
    ['"a\u0001b"', 'a string holds the control character 1, which must be escaped (byte 2 of the JSON)'],
    ['"\\x"', 'a string holds an escape that JSON does not have'],
    ['1e999', '1e999 is too large for a number (byte 0 of the JSON)'],
    ['', 'there is no JSON in the body'],
    ['1 2', 'expected nothing after the JSON value, found "2" (byte 2 of the JSON)'],
    ['01', 'a number has a zero before its first digit (byte 0 of the JSON)'],
    ['1.', 'expected a digit after the decimal point, found the end'],
    ['1e+', 'expected a digit in the exponent, found the end'],
  ])('says of %j: %s', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('refuses strings that are not UTF-8', () => {
    expect(() => scannerOf(Buffer.from([0x22, 0xff, 0x22])).readString('value')).toThrow('not valid UTF-8');
    expect(() => scannerOf('"\\ud800"').readStringBytes('value')).toThrow('half of a surrogate pair');
  });
});

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether JSON.parse drops members, which it does for keys that stand twice. */
function hasTwins(text: string): boolean {
  const members = text.replace(/"(?:[^"\\]|\\.)*"/g, '""').split(':').length - 1;
  let kept = 0;
  JSON.parse(text, (_, value) => {
    if (isRecord(value)) kept += Object.keys(value).length;
    return value;
  });
  return kept !== members;
}

/** Whether a number is too large for a double, which JSON.parse lets pass. */
function hasInfinity(text: string): boolean {
  let found = false;
  JSON.parse(text, (_, value) => {
    found ||= value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
    return value;
  });
  return found;
}
