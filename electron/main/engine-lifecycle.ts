import { HEALTHY_AFTER_MS, MAX_FAILED_STARTS, restartDelayMs } from './restart-delay';

/**
 * When the engine process is started, believed dead, restarted and given up, as a pure function of state and event.
 *
 * | state    | ready   | failed                | beat    | exit                 | wake (limit over) | restart  | stop     |
 * |----------|---------|-----------------------|---------|----------------------|-------------------|----------|----------|
 * | idle     | -       | -                     | -       | -                    | -                 | starting | ended    |
 * | starting | running | keep reason, ask stop | limit + | waiting, or given-up | kill, as crashed  | stopping | stopping |
 * | running  | -       | starting, ask stop    | limit + | waiting              | kill, as crashed  | stopping | stopping |
 * | waiting  | -       | -                     | -       | -                    | starting          | starting | ended    |
 * | given-up | -       | -                     | -       | -                    | -                 | starting | ended    |
 * | stopping | -       | -                     | -       | starting, or ended   | kill              | -        | end next |
 * | ended    | -       | -                     | -       | -                    | -                 | -        | -        |
 *
 * "-" means the event changes nothing. A restart asked for by the operator forgets earlier failures.
 */
export type EngineState =
  | { readonly name: 'idle' }
  | {
      readonly name: 'starting';
      readonly attempt: number;
      readonly past: Failures;
      readonly limitMs: number;
      readonly refusal: Refusal | null;
      readonly hung: boolean;
    }
  | {
      readonly name: 'running';
      readonly controlUrl: string;
      readonly token: string;
      readonly drainTimeoutMs: number;
      readonly past: Failures;
      readonly sinceMs: number;
      readonly limitMs: number;
      readonly hung: boolean;
    }
  | { readonly name: 'waiting'; readonly end: EngineEnd; readonly past: Failures; readonly limitMs: number }
  | { readonly name: 'given-up'; readonly end: EngineEnd }
  | { readonly name: 'stopping'; readonly next: 'start' | 'end'; readonly limitMs: number }
  | { readonly name: 'ended' };

/** Failures since the engine was last healthy. */
export interface Failures {
  readonly all: number;
  /** Starts in a row that never became ready. */
  readonly starts: number;
}

/** The engine's own words for why it does not start. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** How the engine process ended, in words for the operator. */
export interface EngineEnd {
  readonly kind: 'crash' | 'exit';
  readonly message: string;
}

export type EngineEvent =
  | {
      readonly kind: 'ready';
      readonly controlUrl: string;
      readonly token: string;
      readonly drainTimeoutMs: number;
    }
  | { readonly kind: 'failed'; readonly refusal: Refusal }
  | { readonly kind: 'beat' }
  | { readonly kind: 'exit'; readonly end: EngineEnd }
  | { readonly kind: 'wake' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'stop' };

export type EngineEffect = 'fork' | 'ask-to-stop' | 'kill';

export interface Transition {
  readonly state: EngineState;
  readonly effects: readonly EngineEffect[];
}

/** An event loop that is silent for longer than this is blocked. */
export const SILENCE_LIMIT_MS = 15_000;
/** Until the first beat: a cold disk and a virus scanner may read the engine's files slowly. */
export const FIRST_BEAT_LIMIT_MS = 60_000;
/** Beyond what the engine gives itself for draining, so that it ends in good order where it can. */
export const DRAIN_GRACE_MS = 15_000;
/** A wake this late means that the shell itself slept (a suspended laptop), which says nothing about the engine. */
const OWN_STALL_MS = 3_000;

const NO_FAILURES: Failures = { all: 0, starts: 0 };

/** Faults of the engine may pass; everything else is for the operator to change, and trying again would not. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'INTERNAL',
  'BACKEND_FAILED',
  'INSTANCE_LOST',
  'CANCELLED',
]);

/**
 * @param nowMs monotonic milliseconds, the scale of every `limitMs`
 * @returns the next state and what the shell must do now, in order
 */
export function nextEngineState(state: EngineState, event: EngineEvent, nowMs: number): Transition {
  switch (event.kind) {
    case 'restart':
      return onRestart(state, nowMs);
    case 'stop':
      return onStop(state, nowMs);
    case 'exit':
      return onExit(state, event.end, nowMs);
    case 'wake':
      return onWake(state, nowMs);
    case 'failed':
      return onFailed(state, event.refusal, nowMs);
    case 'ready':
    case 'beat':
      return stay(onSign(state, event, nowMs));
  }
}

/** When `wake` is due, on the scale of `nowMs`; null when no limit runs. */
export function wakeAtMs(state: EngineState): number | null {
  return 'limitMs' in state ? state.limitMs : null;
}

function start(past: Failures, attempt: number, nowMs: number): Transition {
  const limitMs = nowMs + FIRST_BEAT_LIMIT_MS;
  return {
    state: { name: 'starting', attempt, past, limitMs, refusal: null, hung: false },
    effects: ['fork'],
  };
}

/** How long it may take to stop. One that is not ready has nobody to answer. */
function drainLimitMs(state: EngineState): number {
  return DRAIN_GRACE_MS + (state.name === 'running' ? state.drainTimeoutMs : 0);
}

const stay = (state: EngineState): Transition => ({ state, effects: [] });

function onRestart(state: EngineState, nowMs: number): Transition {
  if (state.name === 'ended' || state.name === 'stopping') return stay(state);
  if (state.name !== 'starting' && state.name !== 'running') return start(NO_FAILURES, 1, nowMs);
  const stopping = { name: 'stopping', next: 'start', limitMs: nowMs + drainLimitMs(state) } as const;
  return { state: stopping, effects: ['ask-to-stop'] };
}

function onStop(state: EngineState, nowMs: number): Transition {
  if (state.name === 'stopping') return stay({ ...state, next: 'end' });
  if (state.name !== 'starting' && state.name !== 'running') return stay({ name: 'ended' });
  const stopping = { name: 'stopping', next: 'end', limitMs: nowMs + drainLimitMs(state) } as const;
  return { state: stopping, effects: ['ask-to-stop'] };
}

/** The process waits for the order to stop, so that its report is not lost with it; its exit follows. */
function onFailed(state: EngineState, refusal: Refusal, nowMs: number): Transition {
  if (state.name !== 'starting' && state.name !== 'running') return stay(state);
  const attempt = state.name === 'starting' ? state.attempt : 1;
  const limitMs = nowMs + SILENCE_LIMIT_MS;
  const { past, hung } = state;
  return { state: { name: 'starting', attempt, past, limitMs, refusal, hung }, effects: ['ask-to-stop'] };
}

type Sign = Extract<EngineEvent, { kind: 'ready' | 'beat' }>;

function onSign(state: EngineState, event: Sign, nowMs: number): EngineState {
  if ((state.name !== 'starting' && state.name !== 'running') || state.hung) return state;
  const limitMs = nowMs + SILENCE_LIMIT_MS;
  if (event.kind === 'beat') return { ...state, limitMs };
  if (state.name === 'running' || state.refusal) return state;
  const { controlUrl, token, drainTimeoutMs } = event;
  const { past } = state;
  return { name: 'running', controlUrl, token, drainTimeoutMs, past, sinceMs: nowMs, limitMs, hung: false };
}

function onWake(state: EngineState, nowMs: number): Transition {
  if (!('limitMs' in state) || nowMs < state.limitMs) return stay(state);
  if (state.name === 'waiting') return start(state.past, state.past.all + 1, nowMs);
  if (nowMs - state.limitMs > OWN_STALL_MS) return stay({ ...state, limitMs: nowMs + SILENCE_LIMIT_MS });
  // Killed again at every further limit, should the first kill not have reached it.
  const limitMs = nowMs + SILENCE_LIMIT_MS;
  if (state.name === 'stopping') return { state: { ...state, limitMs }, effects: ['kill'] };
  return { state: { ...state, limitMs, hung: true }, effects: ['kill'] };
}

function onExit(state: EngineState, end: EngineEnd, nowMs: number): Transition {
  switch (state.name) {
    case 'stopping':
      return state.next === 'start' ? start(NO_FAILURES, 1, nowMs) : stay({ name: 'ended' });
    case 'running': {
      const wasHealthy = nowMs - state.sinceMs >= HEALTHY_AFTER_MS;
      const all = (wasHealthy ? 0 : state.past.all) + 1;
      return wait(state.hung ? HUNG_END : end, { all, starts: 0 }, nowMs);
    }
    case 'starting':
      return afterFailedStart(state, end, nowMs);
    default:
      return stay(state);
  }
}

function afterFailedStart(
  state: Extract<EngineState, { name: 'starting' }>,
  exit: EngineEnd,
  nowMs: number,
): Transition {
  const { refusal } = state;
  const past: Failures = { all: state.past.all + 1, starts: state.past.starts + 1 };
  // An engine that says why it does not start has ended in good order.
  const end = refusal ? ({ kind: 'exit', message: refusal.message } as const) : state.hung ? HUNG_END : exit;
  if (refusal && !PASSING_CODES.has(refusal.code)) return stay({ name: 'given-up', end });
  if (past.starts < MAX_FAILED_STARTS) return wait(end, past, nowMs);
  const message = `The engine did not start ${past.starts} times in a row. ${end.message}`;
  return stay({ name: 'given-up', end: { kind: end.kind, message } });
}

function wait(end: EngineEnd, past: Failures, nowMs: number): Transition {
  return stay({ name: 'waiting', end, past, limitMs: nowMs + restartDelayMs(past.all) });
}

const HUNG_END: EngineEnd = {
  kind: 'crash',
  message: `The engine did not answer for ${SILENCE_LIMIT_MS / 1000} s (its event loop was blocked), so it was ended.`,
};
