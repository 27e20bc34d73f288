import { TRPCClientError } from '@trpc/client';
import { ERROR_CODES, type ErrorCode } from '../../engine/contract';

/** A control call that failed: the engine's own words, and its code. */
export class ControlError extends Error {
  constructor(
    message: string,
    readonly code: ErrorCode,
  ) {
    super(message);
    this.name = 'ControlError';
  }
}

/** Any failure of a call as a `ControlError`. */
export function toControlError(error: unknown): ControlError {
  if (error instanceof ControlError) return error;
  if (error instanceof TRPCClientError) {
    const code: unknown = (error.data as { ferryCode?: unknown } | undefined)?.ferryCode;
    if (typeof code === 'string' && code in ERROR_CODES)
      return new ControlError(readable(error.message), code as ErrorCode);
    return new ControlError(
      'The engine did not answer: the connection was lost. Try again when it is back.',
      'SHUTTING_DOWN',
    );
  }
  return new ControlError(error instanceof Error ? error.message : String(error), 'INTERNAL');
}

/** A refused input comes as a JSON list of issues; a person wants the fields and what is wrong with them. */
function readable(message: string): string {
  if (!message.startsWith('[')) return message;
  try {
    const issues = JSON.parse(message) as { path: (string | number)[]; message: string }[];
    return issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ');
  } catch {
    return message;
  }
}
