import { EngineError } from '../base';

/** A field as it stands in the text; positions are offsets in characters. */
export interface PbtxtField {
  readonly name: string;
  /** The whole occurrence, from the name to the end of the value (a following separator is not part of it). */
  readonly start: number;
  readonly end: number;
  /** One value, or those of a `[ list ]`. */
  readonly values: readonly PbtxtValue[];
  readonly isList: boolean;
  readonly hasColon: boolean;
}

export type PbtxtValue = PbtxtScalar | PbtxtMessage;

export interface PbtxtScalar {
  readonly kind: 'scalar';
  readonly start: number;
  readonly end: number;
}

export interface PbtxtMessage {
  readonly kind: 'message';
  readonly start: number;
  readonly end: number;
  /** Between the braces. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly fields: readonly PbtxtField[];
}

const MAX_DEPTH = 64;

/** "line 3, column 7" of an offset; both count from 1. */
export function positionOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${line}, column ${offset - before.lastIndexOf('\n')}`;
}

/** An error in a configuration file, with its place. */
export function pbtxtError(text: string, offset: number, message: string): EngineError {
  return new EngineError('MODEL_INVALID', `config.pbtxt, ${positionOf(text, offset)}: ${message}`);
}

/**
 * The structure of a protobuf text file with the place of every field: for errors that name line and column, and for
 * edits that leave comments and layout alone. What a value means is not judged here.
 *
 * Errors: MODEL_INVALID with line and column.
 */
export function parsePbtxtTree(text: string): PbtxtMessage {
  return new PbtxtParser(text).file();
}

class PbtxtParser {
  private at = 0;

  constructor(private readonly text: string) {}

  file(): PbtxtMessage {
    if (this.text.charCodeAt(0) === 0xfeff) this.at = 1;
    const bodyStart = this.at;
    const fields = this.fields(null, 0);
    const end = this.text.length;
    return { kind: 'message', start: bodyStart, end, bodyStart, bodyEnd: end, fields };
  }

  private fields(close: string | null, depth: number): PbtxtField[] {
    if (depth > MAX_DEPTH) throw this.error(`nested deeper than ${MAX_DEPTH} levels`);
    const fields: PbtxtField[] = [];
    for (;;) {
      this.skipSpace();
      if (this.at >= this.text.length) {
        if (close !== null) throw this.error(`the file ends where "${close}" is missing`);
        return fields;
      }
      if (this.text[this.at] === close) return fields;
      fields.push(this.field(depth));
      this.skipSpace();
      if (this.text[this.at] === ',' || this.text[this.at] === ';') this.at += 1;
    }
  }

  private field(depth: number): PbtxtField {
    const start = this.at;
    const name = this.match(/[A-Za-z_][A-Za-z0-9_]*/y);
    if (name === null) throw this.error(`a field name is expected, found ${this.shown()}`);
    this.skipSpace();
    const hasColon = this.text[this.at] === ':';
    if (hasColon) this.at += 1;
    this.skipSpace();
    const first = this.text[this.at];
    if (first === '[')
      return { name, start, values: this.list(depth, hasColon, name), end: this.at, isList: true, hasColon };
    if (first !== '{' && first !== '<' && !hasColon) throw this.error(`":" is missing after "${name}"`);
    return { name, start, values: [this.value(depth, name)], end: this.at, isList: false, hasColon };
  }

  private list(depth: number, hasColon: boolean, name: string): PbtxtValue[] {
    this.at += 1;
    const values: PbtxtValue[] = [];
    this.skipSpace();
    if (this.text[this.at] === ']') {
      this.at += 1;
      return values;
    }
    for (;;) {
      this.skipSpace();
      const value = this.value(depth, name);
      if (value.kind === 'scalar' && !hasColon)
        throw this.error(`":" is missing after "${name}"`, value.start);
      values.push(value);
      this.skipSpace();
      const next = this.text[this.at];
      this.at += 1;
      if (next === ']') return values;
      if (next !== ',') {
        this.at -= 1;
        throw this.error(`"," or "]" is expected in the list of "${name}", found ${this.shown()}`);
      }
    }
  }

  private value(depth: number, name: string): PbtxtValue {
    const open = this.text[this.at];
    return open === '{' || open === '<' ? this.message(open === '{' ? '}' : '>', depth) : this.scalar(name);
  }

  private message(close: string, depth: number): PbtxtMessage {
    const start = this.at;
    this.at += 1;
    const bodyStart = this.at;
    const fields = this.fields(close, depth + 1);
    const bodyEnd = this.at;
    this.at += 1;
    return { kind: 'message', start, end: this.at, bodyStart, bodyEnd, fields };
  }

  private scalar(name: string): PbtxtScalar {
    const start = this.at;
    const quote = this.text[this.at];
    if (quote === '"' || quote === "'") return this.strings(start);
    if (quote === '-') {
      this.at += 1;
      this.skipSpace();
    }
    if (this.match(/[A-Za-z0-9_.+]+(?:(?<=\d\.?[eE])[+-]\d+[fF]?)?/y) === null) {
      throw this.error(`a value for "${name}" is expected, found ${this.shown()}`);
    }
    return { kind: 'scalar', start, end: this.at };
  }

  /** One string or several side by side, which together are one value. */
  private strings(start: number): PbtxtScalar {
    let end = this.at;
    for (;;) {
      this.skipSpace();
      const quote = this.text[this.at];
      if (quote !== '"' && quote !== "'") break;
      const from = this.at;
      const found = this.match(quote === '"' ? /"(?:[^"\\\n]|\\[^\n])*"/y : /'(?:[^'\\\n]|\\[^\n])*'/y);
      if (found === null) throw this.error('a string without an end on its line', from);
      end = this.at;
    }
    this.at = end;
    return { kind: 'scalar', start, end };
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return null;
    this.at = pattern.lastIndex;
    return found[0];
  }

  private skipSpace(): void {
    do this.match(/\s+/y);
    while (this.match(/#[^\n]*/y) !== null);
  }

  private shown(): string {
    if (this.at >= this.text.length) return 'the end of the file';
    return JSON.stringify(/^[A-Za-z0-9_.]{1,40}|^[\s\S]/u.exec(this.text.slice(this.at))?.[0] ?? '');
  }

  private error(message: string, offset = this.at): EngineError {
    return pbtxtError(this.text, offset, message);
  }
}
