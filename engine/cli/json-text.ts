/**
 * A result as JSON that every parser takes: whole numbers beyond 2^53 and numbers that are none (NaN, infinities) become texts.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) => {
      if (typeof item === 'bigint') {
        const number = Number(item);
        return Number.isSafeInteger(number) ? number : String(item);
      }
      return typeof item === 'number' && !Number.isFinite(item) ? String(item) : item;
    },
    indent,
  );
}
