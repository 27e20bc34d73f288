const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** IEEE 754 binary16 to a number. */
export function fromFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A number to binary16, to nearest, ties to even. What is too large becomes an infinity. */
export function toFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24);
  const exponent = exponentOf(size);
  // A carry out of the fraction moves into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + roundToEven((size / 2 ** exponent - 1) * 1024));
}

/** bfloat16 (the upper half of an FP32) to a number. */
export function fromBfloat16(upper: number): number {
  bits[0] = (upper << 16) >>> 0;
  return single[0] ?? 0;
}

/** A number to bfloat16, to nearest, ties to even. */
export function toBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  single[0] = value;
  const all = bits[0] ?? 0;
  return ((all + 0x7fff + ((all >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Of a number in binary16's normal range, which is within FP32's too: read from FP32's bits. */
function exponentOf(size: number): number {
  single[0] = size;
  const exponent = ((bits[0] ?? 0) >>> 23) - 127;
  // The step to FP32 may have rounded up to the next power of two.
  return size < 2 ** exponent ? exponent - 1 : exponent;
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
