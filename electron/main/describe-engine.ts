import type { DesktopEngine } from '../bridge';
import type { EngineEnd, EngineState } from './engine-lifecycle';

/** The lifecycle's state in the page's words. @param nowMs on the scale of the state's limits */
export function describeEngine(state: EngineState, nowMs: number): DesktopEngine {
  switch (state.name) {
    case 'idle':
      return { state: 'starting', attempt: 1 };
    case 'starting':
      return { state: 'starting', attempt: state.attempt };
    case 'running':
      return { state: 'running', controlUrl: state.controlUrl, token: state.token };
    case 'waiting':
      return { state: 'down', ...state.end, retryInMs: Math.max(0, Math.round(state.limitMs - nowMs)) };
    case 'given-up':
      return { state: 'down', ...state.end, retryInMs: null };
    case 'stopping':
      return state.next === 'start'
        ? { state: 'starting', attempt: 1 }
        : { state: 'down', kind: 'exit', message: 'Ferry is quitting.', retryInMs: null };
    case 'ended':
      return { state: 'down', kind: 'exit', message: 'The engine has stopped.', retryInMs: null };
  }
}

export interface ProcessEnd {
  /** Exit status; on POSIX the signal's number when a signal ended it, on Windows possibly an NTSTATUS. */
  readonly code: number;
  /** What the engine wrote last, oldest first. */
  readonly lastLines: readonly string[];
  readonly logPath: string;
}

/** A clean status is an exit, everything else a crash; a crash carries the engine's last words. */
export function describeEnd(end: ProcessEnd): EngineEnd {
  if (end.code === 0) return { kind: 'exit', message: 'The engine process ended by itself with status 0.' };
  const words = end.lastLines.length === 0 ? '' : `\nIt wrote last:\n${end.lastLines.join('\n')}`;
  return {
    kind: 'crash',
    message: `The engine process crashed (${nameCode(end.code)}).${words}\nLog: ${end.logPath}`,
  };
}

/** Signals that end a native crash or a kill, on Linux and macOS alike. */
const SIGNALS: Readonly<Record<number, string>> = {
  4: 'illegal instruction, SIGILL',
  6: 'aborted, SIGABRT',
  8: 'arithmetic error, SIGFPE',
  9: 'killed, SIGKILL: possibly for want of memory',
  11: 'segmentation fault, SIGSEGV',
  15: 'terminated, SIGTERM',
};

function nameCode(code: number): string {
  const signal = SIGNALS[code > 128 && code < 160 ? code - 128 : code];
  if (signal) return signal;
  return code < 0 || code > 0xffff ? `status 0x${(code >>> 0).toString(16)}` : `status ${code}`;
}
