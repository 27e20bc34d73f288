const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** Bits of the float16 nearest to `value`, ties to even; ±Infinity beyond 65,519. */
export function toFloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65_520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24);
  const exponent = floorLog2(size);
  // A mantissa that rounds up to 2048 carries into the exponent by itself.
  return sign | (((exponent + 15) << 10) + roundToEven(size * 2 ** (10 - exponent)) - 1024);
}

export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** Bits of the bfloat16 (upper half of a float32) nearest to `value`, ties to even. */
export function toBfloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  single[0] = value;
  const bits = singleBits[0] ?? 0;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

export function fromBfloat16Bits(bits: number): number {
  singleBits[0] = bits << 16;
  return single[0] ?? 0;
}

/** Exponent of the largest power of two not above `value`, a normal double. */
function floorLog2(value: number): number {
  single[0] = value;
  const exponent = ((singleBits[0] ?? 0) >>> 23) - 127;
  // Rounding to float32 may have carried to the next power of two.
  return value < 2 ** exponent ? exponent - 1 : exponent;
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
