import { type EngineError, invalid } from '../base';

/** Longest piece of a body that an error message repeats. */
const QUOTED_CHARACTERS = 40;
const FOUND_CHARACTERS = 12;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

/** A place in the bytes of a JSON text, and how to say what is wrong there. */
export class JsonCursor {
  /** Says what is being read, at the beginning of every error message. */
  describe: () => string = () => '';
  protected readonly bytes: Buffer;
  protected at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where the next value begins, to come back to it with `returnTo`. */
  get offset(): number {
    return this.at;
  }

  get bytesLeft(): number {
    return this.bytes.length - this.at;
  }

  returnTo(offset: number): void {
    this.at = offset;
  }

  /** What was read since `offset`, shortened, for an error message. */
  textSince(offset: number): string {
    return this.text(offset, Math.min(this.at, offset + QUOTED_CHARACTERS));
  }

  fail(message: string, offset = this.at): EngineError {
    return invalid(`${this.describe()}${message} (byte ${offset} of the JSON)`);
  }

  protected unexpected(expected: string): EngineError {
    const found = this.bytesLeft === 0 ? 'the end' : quote(this.text(this.at, this.at + FOUND_CHARACTERS));
    return this.fail(`expected ${expected}, found ${found}`);
  }

  protected skipSpace(): void {
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte === undefined || byte > SPACE) return;
      if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return;
      this.at++;
    }
  }

  protected readWord(word: string): void {
    if (this.text(this.at, this.at + word.length) !== word) throw this.unexpected(word);
    this.at += word.length;
  }

  protected text(start: number, end: number): string {
    return this.bytes.toString('latin1', start, end);
  }
}

/** For error messages: in quotes, and not too long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}
