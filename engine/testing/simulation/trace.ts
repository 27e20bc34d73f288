import type { Random } from './random';

const LONGEST_SHOWN = 80;

/**
 * Instants of a recorded trace: NDJSON, each line `{"atUs": microseconds}` and whatever else, in any order.
 *
 * @returns ascending, from 0
 * Throws an Error that names the first line that is none.
 */
export function readTrace(text: string): Float64Array {
  const times: number[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() !== '') times.push(instantOf(line, i + 1));
  });
  const sorted = Float64Array.from(times).sort();
  const firstUs = sorted[0] ?? 0;
  return sorted.map((us) => us - firstUs);
}

function instantOf(line: string, number: number): number {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = null;
  }
  const atUs = (value as { atUs?: unknown } | null)?.atUs;
  if (typeof atUs === 'number' && Number.isFinite(atUs)) return atUs;
  throw new Error(`line ${number} of the trace is no {"atUs": number}: ${line.slice(0, LONGEST_SHOWN)}`);
}

/** The same instants, slower or faster, so that their mean rate is `rate` per microsecond. */
export function atRate(times: Float64Array, rate: number): Float64Array {
  const spanUs = times.at(-1) ?? 0;
  const factor = times.length / rate / (spanUs || 1);
  return times.map((us) => us * factor);
}

/** Heavy-tailed gaps (hyperexponential, squared coefficient of variation 16), as public traces of function calls have. */
export function burstyTrace(count: number, rate: number, random: Random): Float64Array {
  const scv = 16;
  const share = (1 + Math.sqrt((scv - 1) / (scv + 1))) / 2;
  let atUs = 0;
  return new Float64Array(count).map(() => {
    const phase = random.uniform() < share ? share : 1 - share;
    atUs += random.exponential(1 / (2 * phase * rate));
    return atUs;
  });
}

/** Two days of a rate that goes from a fifth to nine fifths of its mean and back, as public traces of web services do. */
export function diurnalTrace(count: number, rate: number, random: Random): Float64Array {
  const dayUs = count / rate / 2;
  const most = 1.8;
  const times = new Float64Array(count);
  let atUs = 0;
  for (let i = 0; i < count; ) {
    atUs += random.exponential(1 / (rate * most));
    if (random.uniform() * most < 1 - 0.8 * Math.cos((2 * Math.PI * atUs) / dayUs)) times[i++] = atUs;
  }
  return times;
}
