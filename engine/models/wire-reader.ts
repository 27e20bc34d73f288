import type { FileHandle } from 'node:fs/promises';

/** What one field header says. `start` and `end` bound the payload in the file, bytes. */
export interface WireField {
  readonly number: number;
  readonly wireType: number;
  readonly start: number;
  readonly end: number;
  /** A varint's value as a signed 64-bit number (inexact beyond 2^53); 0 for other wire types. */
  readonly value: number;
}

export const WIRE = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

/** The bytes are not what protobuf allows. `kind` 'past-end': a length goes beyond what contains it. */
export class WireError extends Error {
  constructor(
    readonly kind: 'past-end' | 'malformed',
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

const WINDOW_BYTES = 256 * 1024;
/** Two varints at most. */
const HEADER_BYTES = 20;
const MAX_FIELD_NUMBER = 0x1fff_ffff;
/** protobuf's own limit of nesting, which the runtime's parser has as well. */
const MAX_DEPTH = 100;
/** A large model has some millions of fields; a file made to keep the reader busy has as many as bytes. */
const MAX_FIELDS = 30_000_000;

/**
 * Walks protobuf on a file through a window that moves: payloads that nobody asks for are stepped over by their length and
 * never read, so gigabytes of weights cost nothing. No length is trusted: each is checked against what contains it.
 */
export class WireReader {
  private window = Buffer.allocUnsafe(WINDOW_BYTES);
  private windowStart = 0;
  private windowEnd = 0;
  private fieldsSeen = 0;
  /** Position of the parse in progress. */
  private at = 0;

  constructor(
    private readonly handle: Pick<FileHandle, 'read'>,
    readonly size: number,
  ) {}

  /**
   * Calls `visit` for each field in `[start, end)`. A promise that it returns is awaited before the next field.
   * `depth` is the nesting of this message; a group (a form ONNX does not use) is stepped over.
   */
  async walk(
    start: number,
    end: number,
    depth: number,
    visit: (field: WireField) => Promise<void> | undefined,
  ): Promise<void> {
    if (depth > MAX_DEPTH)
      throw new WireError('malformed', start, `nested deeper than ${MAX_DEPTH} messages`);
    let at = start;
    const groups: number[] = [];
    while (at < end) {
      if (!this.holds(at, Math.min(HEADER_BYTES, end - at))) await this.fill(at);
      const field = this.parseField(at, end);
      at = field.end;
      if (field.wireType === WIRE.groupStart || field.wireType === WIRE.groupEnd) trackGroup(groups, field);
      else if (groups.length === 0) {
        const pending = visit(field);
        if (pending !== undefined) await pending;
      }
    }
    if (groups.length > 0) throw new WireError('malformed', end, 'a group has no end');
  }

  /** The payload of a `bytes` field as UTF-8 text of at most `limit` bytes. */
  async text(field: WireField, limit: number): Promise<string> {
    const length = field.end - field.start;
    if (length > limit)
      throw new WireError('malformed', field.start, `a text of ${length} bytes (limit ${limit})`);
    if (!this.holds(field.start, length)) await this.fill(field.start);
    const from = field.start - this.windowStart;
    try {
      return utf8.decode(this.window.subarray(from, from + length));
    } catch {
      throw new WireError('malformed', field.start, 'a text that is not UTF-8');
    }
  }

  /** Numbers of a repeated varint field, written singly or packed. Calls `add` for each. */
  async varints(field: WireField, limit: number, add: (value: number) => void): Promise<void> {
    if (field.wireType === WIRE.varint) return add(field.value);
    if (field.end - field.start > limit * 10)
      throw new WireError('malformed', field.start, 'a list that is too long');
    if (!this.holds(field.start, field.end - field.start)) await this.fill(field.start);
    this.at = field.start;
    while (this.at < field.end) add(this.varint(field.end));
  }

  private holds(at: number, length: number): boolean {
    return at >= this.windowStart && at + length <= this.windowEnd;
  }

  private async fill(at: number): Promise<void> {
    this.windowStart = at;
    this.windowEnd = at;
    while (this.windowEnd < Math.min(at + WINDOW_BYTES, this.size)) {
      const filled = this.windowEnd - at;
      const { bytesRead } = await this.handle.read(
        this.window,
        filled,
        WINDOW_BYTES - filled,
        this.windowEnd,
      );
      if (bytesRead === 0)
        throw new WireError('past-end', this.windowEnd, 'the file became shorter while it was read');
      this.windowEnd += bytesRead;
    }
  }

  private parseField(at: number, end: number): WireField {
    this.fieldsSeen += 1;
    if (this.fieldsSeen > MAX_FIELDS) throw new WireError('malformed', at, `more than ${MAX_FIELDS} fields`);
    this.at = at;
    const tag = this.varint(end);
    const number = Math.floor(tag / 8);
    const wireType = tag & 7;
    if (number < 1 || number > MAX_FIELD_NUMBER)
      throw new WireError('malformed', at, `field number ${number}`);
    const value = wireType === WIRE.varint || wireType === WIRE.bytes ? this.varint(end) : 0;
    const start = this.at;
    const length = payloadLength(wireType, value, at);
    if (length > end - start) {
      throw new WireError('past-end', start, `a field of ${length} bytes where ${end - start} are left`);
    }
    return { number, wireType, start, end: start + length, value: wireType === WIRE.varint ? value : 0 };
  }

  /** Reads a varint at `this.at`, which must lie in the window together with the rest of its header. */
  private varint(end: number): number {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (this.at >= end) throw new WireError('past-end', this.at, 'a number that is cut off');
      const byte = this.window[this.at - this.windowStart] ?? 0;
      this.at += 1;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high |= bits >> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) return high * 0x1_0000_0000 + (low >>> 0);
    }
    throw new WireError('malformed', this.at, 'a number of more than 10 bytes');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function payloadLength(wireType: number, value: number, at: number): number {
  switch (wireType) {
    case WIRE.varint:
    case WIRE.groupStart:
    case WIRE.groupEnd:
      return 0;
    case WIRE.fixed64:
      return 8;
    case WIRE.fixed32:
      return 4;
    case WIRE.bytes:
      if (value < 0) throw new WireError('malformed', at, 'a negative length');
      return value;
    default:
      throw new WireError('malformed', at, `wire type ${wireType}`);
  }
}

function trackGroup(groups: number[], field: WireField): void {
  if (field.wireType === WIRE.groupStart) {
    if (groups.length >= MAX_DEPTH) throw new WireError('malformed', field.start, 'groups nested too deep');
    groups.push(field.number);
  } else if (groups.pop() !== field.number) {
    throw new WireError('malformed', field.start, 'the end of a group that was not begun');
  }
}
