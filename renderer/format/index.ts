// Every formatter is made once: making an Intl object for each point of a chart is what costs a live page its time.
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dateTime = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hour12: false,
});
const byDigits = [0, 1, 2].map((digits) => new Intl.NumberFormat('en', { maximumFractionDigits: digits }));

function digits(value: number, fraction: 0 | 1 | 2): string {
  return byDigits[fraction]?.format(value) ?? String(value);
}

/** "12:03:07". */
export const formatClock = (atMs: number) => clock.format(atMs);

/** "12:03:07.042". */
export const formatClockMs = (atMs: number) =>
  `${clock.format(atMs)}.${String(Math.floor(atMs) % 1000).padStart(3, '0')}`;

export const formatDateTime = (atMs: number) => dateTime.format(atMs);

/** "4.21 ms", "38.4 ms", "412 ms", "1.25 s". */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${digits(ms / 1000, 2)} s`;
  return `${digits(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

/** "840 µs", then as `formatMs`. */
export const formatUs = (us: number) => (us < 1000 ? `${digits(us, 0)} µs` : formatMs(us / 1000));

/** Microseconds on an axis up to `topUs`, all in the unit that suits its top: "0", "40 ms", "80 ms". */
export function usOnAxis(topUs: number): (us: number) => string {
  const [scale, unit] = topUs < 1000 ? [1, 'µs'] : topUs < 1e6 ? [1e3, 'ms'] : [1e6, 's'];
  return (us) => (us === 0 ? '0' : `${digits(us / scale, 2)}\u00a0${unit}`);
}

/** "1 row", "12 rows". */
export const formatRows = (rows: number) => (rows === 1 ? '1 row' : `${digits(rows, 1)} rows`);

/** A rate without its unit: "3.4", "812". */
export const formatRate = (perSecond: number) => digits(perSecond, perSecond < 100 ? 1 : 0);

export const formatCount = (count: number) => digits(count, 0);

export const formatNumber = (value: number) => digits(value, 1);

/** A share of 1 as "42.5 %". */
export const formatPercent = (share: number) => `${digits(share * 100, 1)} %`;

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** "812 B", "39.5 MiB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${digits(value, unit === 0 ? 0 : 1)} ${BYTE_UNITS[unit]}`;
}

/** "2 h 5 min", "3 min 12 s", "8 s". */
export function formatDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A note of the engine as a sentence of its own: "mostly convolutions" becomes "Mostly convolutions". */
export const formatSentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
