const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** "812 MiB", "1.5 GiB": three digits that mean something. */
export function byteText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${UNITS[unit]}`;
}
