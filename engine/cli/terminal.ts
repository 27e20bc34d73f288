import { styleText } from 'node:util';

type Style = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

/** Where a command speaks: results on standard output, all else on standard error. */
export interface Terminal {
  /** Standard output is a terminal that can be written over. */
  readonly isLive: boolean;
  /** A line of a result. */
  print(text: string): void;
  /** A line for whoever watches, which is no part of the result. */
  note(text: string): void;
  /** A line on standard error that the next one replaces; nothing where that is no terminal. */
  progress(text: string): void;
  /** Coloured where colours are wanted. */
  paint(style: Style, text: string): string;
}

export interface TerminalStreams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const ERASE_LINE = '\r\u001b[2K';

export function createTerminal({ stdout, stderr, env }: TerminalStreams): Terminal {
  // https://no-color.org: set to anything but an empty text.
  const hasColour = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const isLive = stdout.isTTY === true && env.TERM !== 'dumb';
  const erases = stderr.isTTY === true && env.TERM !== 'dumb';
  let hasProgress = false;
  const erase = (): string => {
    const before = hasProgress ? ERASE_LINE : '';
    hasProgress = false;
    return before;
  };
  for (const stream of [stdout, stderr]) stream.on('error', endQuietly);
  return {
    isLive,
    print: (text) => {
      if (hasProgress) stderr.write(erase());
      stdout.write(`${text}\n`);
    },
    note: (text) => stderr.write(`${erase()}${text}\n`),
    progress: (text) => {
      if (!erases) return;
      stderr.write(`${ERASE_LINE}${text.slice(0, (stderr.columns ?? 80) - 1)}`);
      hasProgress = true;
    },
    // Validation is ours: `hasColour` has looked at the stream already.
    paint: (style, text) => (hasColour ? styleText(style, text) : text),
  };
}

/** Whoever read us has gone (`ferry stats | head -1`): that is no fault of anybody's. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}
