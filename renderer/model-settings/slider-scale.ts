/**
 * Sliders whose steps grow with the value: single steps where one unit matters (batch 1, 2, 3, …), coarse ones where it
 * does not (… 56, 60, 64). A scale is the ascending list of values a slider stops at; the slider itself moves over stop
 * numbers, so each arrow key press is one visible step. Pure.
 */
export interface SliderScale {
  readonly stops: readonly number[];
}

interface Band {
  /** Last value of the band. */
  readonly upTo: number;
  readonly step: number;
}

/** The bands of a batch size: steps of 1 to 16, then an eighth of the power of two below. */
const BATCH_BANDS: readonly Band[] = [
  { upTo: 16, step: 1 },
  { upTo: 32, step: 2 },
  { upTo: 64, step: 4 },
  { upTo: 128, step: 8 },
  { upTo: 256, step: 16 },
  { upTo: 512, step: 32 },
  { upTo: 1024, step: 64 },
];

/** The bands of a wait, microseconds: 50 us steps in the first millisecond, where they decide most. */
const DELAY_BANDS: readonly Band[] = [
  { upTo: 1_000, step: 50 },
  { upTo: 2_000, step: 100 },
  { upTo: 5_000, step: 250 },
  { upTo: 10_000, step: 500 },
  { upTo: 20_000, step: 1_000 },
  { upTo: 100_000, step: 10_000 },
  { upTo: 1_000_000, step: 100_000 },
  { upTo: 10_000_000, step: 1_000_000 },
];

/** What a batch-size slider reaches before a larger value is typed. */
export const BATCH_SLIDER_REACH = 64;
/** What a delay slider reaches before a larger value is typed, microseconds. */
export const DELAY_SLIDER_REACH_US = 20_000;

function stopsOf(first: number, bands: readonly Band[], reach: number): number[] {
  const stops = [first];
  let value = first;
  for (const band of bands) {
    while (value < band.upTo && value < reach) {
      value = Math.min(value + band.step, band.upTo, reach);
      stops.push(value);
    }
  }
  return stops;
}

/** How far a slider reaches: `usual`, or the end of the first band that holds a larger value in use, never past `limit`. */
function reachFor(bands: readonly Band[], usual: number, value: number, limit: number): number {
  if (value <= usual) return Math.min(usual, limit);
  const band = bands.find((candidate) => candidate.upTo >= value);
  return Math.min(band?.upTo ?? limit, limit);
}

/** Scale for a batch size of 1 to 64 rows, longer when `value` is larger; `limit` is the largest allowed value. */
export function batchSizeScale(value: number, limit: number): SliderScale {
  return { stops: stopsOf(1, BATCH_BANDS, reachFor(BATCH_BANDS, BATCH_SLIDER_REACH, value, limit)) };
}

/** Scale for a queue delay of 0 to 20 ms in microseconds, longer when `value` is larger. */
export function queueDelayScale(value: number, limit: number): SliderScale {
  return { stops: stopsOf(0, DELAY_BANDS, reachFor(DELAY_BANDS, DELAY_SLIDER_REACH_US, value, limit)) };
}

/** The slider position of a value: its stop's number, or a fraction between two stops for a typed value. Clamped. */
export function positionOf(scale: SliderScale, value: number): number {
  const { stops } = scale;
  const above = stops.findIndex((stop) => stop >= value);
  if (above === -1) return stops.length - 1;
  if (above === 0) return 0;
  const high = stops[above] ?? value;
  const low = stops[above - 1] ?? value;
  return above - 1 + (value - low) / (high - low);
}

/** The value at a slider position (rounded to the nearest stop, clamped to the scale). */
export function valueAt(scale: SliderScale, position: number): number {
  const last = scale.stops.length - 1;
  const index = Math.min(last, Math.max(0, Math.round(position)));
  return scale.stops[index] ?? 0;
}
