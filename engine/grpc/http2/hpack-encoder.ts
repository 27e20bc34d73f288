/** Indexes of the static table (RFC 7541, appendix A) that answers have a use for. */
const STATUS_FIELDS: Readonly<Record<string, number>> = {
  '200': 8,
  '204': 9,
  '206': 10,
  '304': 11,
  '400': 12,
  '404': 13,
  '500': 14,
};
const STATUS_NAME = 8;
const CONTENT_TYPE_NAME = 31;

/**
 * Fields to a header block. Stateless: of the dynamic table nothing is used, so that blocks can be made once and sent on every
 * connection, whatever table its client has. Values are Latin-1 (gRPC's are ASCII).
 */
export function encodeHeaders(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) {
    const indexed = name === ':status' ? STATUS_FIELDS[value] : undefined;
    if (indexed !== undefined) {
      parts.push(Buffer.from([0x80 | indexed]));
      continue;
    }
    if (name === ':status') parts.push(integer(STATUS_NAME, 4));
    else if (name === 'content-type') parts.push(integer(CONTENT_TYPE_NAME, 4));
    else parts.push(Buffer.from([0]), string(name));
    parts.push(string(value));
  }
  return Buffer.concat(parts);
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([integer(bytes.byteLength, 7), bytes]);
}

function integer(value: number, bits: number): Buffer {
  const mask = (1 << bits) - 1;
  if (value < mask) return Buffer.from([value]);
  const bytes = [mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
