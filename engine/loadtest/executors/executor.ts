import type { RunReport } from '../report';

/** Where requests go and what they are: complete bytes, sent in turn. */
export interface LoadTarget {
  readonly host: string;
  readonly port: number;
  readonly requests: readonly Uint8Array[];
}

export interface ExecutorParts {
  readonly target: LoadTarget;
  readonly report: RunReport;
  readonly nowUs: () => number;
  readonly requestTimeoutUs: number;
}

/**
 * Decides when requests start. It is told to begin, is swept every few milliseconds (time-outs and back-off need no timer
 * each), and is told to send no more.
 */
export interface Executor {
  /** Nothing is meant to start at `endUs` or later. */
  start(startUs: number, endUs: number): void;
  sweep(nowUs: number): void;
  /** Sends nothing new from here on; what is on its way goes on. */
  stop(nowUs: number): void;
  /** Requests on their way. */
  readonly inFlight: number;
  /** Closes everything. Requests still on their way are counted as `kind`. */
  close(kind: string): void;
}
