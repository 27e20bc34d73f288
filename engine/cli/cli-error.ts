/** How the process ends, for scripts to tell failures apart. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What went wrong, in words for the terminal, and how the process ends. */
export class CliError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CliError';
  }
}

/** The words of the command line are wrong. */
export const usageError = (message: string): CliError => new CliError(EXIT.usage, message);

/** What was asked for could not be done. */
export const failure = (message: string, cause?: unknown): CliError =>
  new CliError(EXIT.failed, message, cause === undefined ? undefined : { cause });
