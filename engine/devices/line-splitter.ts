/** A line longer than this is no line of any tool we read: it is dropped, so that garbage cannot fill the memory. */
const MAX_LINE_CHARS = 64 * 1024;

/** Makes lines out of chunks that are cut anywhere. Both "\n" and "\r\n" end a line. */
export class LineSplitter {
  #rest = '';
  #dropping = false;

  /** The lines that `chunk` completes. */
  push(chunk: string): string[] {
    const pieces = (this.#rest + chunk).split('\n');
    this.#rest = pieces.pop() ?? '';
    if (this.#dropping && pieces.length > 0) {
      pieces.shift();
      this.#dropping = false;
    }
    if (this.#rest.length > MAX_LINE_CHARS) {
      this.#rest = '';
      this.#dropping = true;
    }
    return pieces.filter((line) => line.length <= MAX_LINE_CHARS).map(withoutCarriageReturn);
  }

  /** What was left without an end: the stream is over. */
  end(): string {
    const rest = this.#dropping ? '' : withoutCarriageReturn(this.#rest);
    this.#rest = '';
    this.#dropping = false;
    return rest;
  }
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
