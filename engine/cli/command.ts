import type { CommandValues } from './command-values';
import type { EngineLink } from './engine-link';
import type { Terminal } from './terminal';

/** What a shell offers when the word is completed. */
export type Completes = 'model' | 'file' | 'folder' | readonly string[];

export interface Option {
  /** Without "--". */
  readonly name: string;
  /** What stands for the value in the help ("N"); null for a switch. */
  readonly value: string | null;
  readonly summary: string;
  /** May be given more than once. */
  readonly repeats?: boolean;
  readonly completes?: Completes;
}

export interface Positional {
  /** "MODEL" */
  readonly name: string;
  readonly optional?: boolean;
  readonly completes?: Completes;
}

/** One command: the help, the errors for unknown words and the shells' completions are all made from these records. */
export interface Command {
  /** One word or two: "health", "models set". */
  readonly name: string;
  readonly summary: string;
  readonly positionals: readonly Positional[];
  readonly options: readonly Option[];
  /** More lines for its help: forms of a value, examples. */
  readonly notes?: readonly string[];
  /** The exit code, or a CliError. */
  run(context: CommandContext): Promise<number>;
}

export interface CommandContext {
  readonly values: CommandValues;
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
  /** The engine that is talked to; nothing is sent before it is asked something. */
  readonly engine: EngineLink;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Prints a result: the value as JSON when that was asked for, else the text. */
  show(value: unknown, text: () => string): void;
  /** Fires at the first Ctrl-C. Calling this takes Ctrl-C over; the second one ends the process at once. */
  interrupted(): AbortSignal;
}
