/** What one model did in one look at it. */
export interface LoadWindow {
  /** Rows answered per second. */
  readonly rowsPerSecond: number;
  /** Mean wait of the oldest request of each batch that left, microseconds; when none left, how long those that wait have waited. */
  readonly queueUs: number;
  /** Mean time of a batch on its instance, microseconds; 0 when none ended. */
  readonly runUs: number;
  /** Time that the instances ran batches, 0 to 1 of what they had. */
  readonly busyShare: number;
}

/** What bounds the number of instances. */
export interface ScaleLimits {
  readonly min: number;
  readonly max: number;
  /** Most instances that have a core to run on; infinity on a device of its own. */
  readonly cores: number;
  /** Threads that the instances split among them, on a CPU; absent: each has its own. */
  readonly threads?: number;
}

/** A step up whose worth is being measured. */
export interface Trial {
  readonly fromCount: number;
  readonly rowsPerSecondBefore: number;
  readonly rowsPerSecond: readonly number[];
}

export interface ScaleState {
  readonly count: number;
  /** Windows in a row, rows per second of each, in which requests waited for busy instances. */
  readonly pressed: readonly number[];
  /** Windows in a row in which one instance fewer would have done. */
  readonly idle: number;
  /** Windows that are not looked at any more, since they are from before the last step or of cold instances. */
  readonly settling: number;
  readonly trial: Trial | null;
  /** A step up that was taken back: not tried again while the load is as it was then. */
  readonly refused: {
    readonly count: number;
    readonly rowsPerSecond: number;
    readonly windowsAgo: number;
  } | null;
}

export interface ScaleDecision {
  readonly state: ScaleState;
  /** Why the count is another one now, or was confirmed; null: nothing to say. */
  readonly reason: string | null;
}

/** Requests wait for instances: these are busy, and the wait is no small part of a run. */
const BUSY_AT_LEAST = 0.8;
const QUEUE_PER_RUN = 0.5;
/** One instance fewer would be at most this busy. */
const IDLE_AT_MOST = 0.5;
export const UP_AFTER_WINDOWS = 3;
export const DOWN_AFTER_WINDOWS = 15;
export const SETTLING_WINDOWS = 2;
export const TRIAL_WINDOWS = 3;
/** A step up stays only when it answers this many times the rows of before. */
const WORTHWHILE = 1.1;
/** A load is another one when its rows per second differ by this much from those of the refused step, not before so many windows. */
const OTHER_LOAD = 0.3;
const REFUSED_WINDOWS = 60;

export function initialScale(count: number): ScaleState {
  return { count, pressed: [], idle: 0, settling: SETTLING_WINDOWS, trial: null, refused: null };
}

/**
 * How many instances a model is to have after this window. Pure; called once a window, whose length the shell chooses.
 *
 * It does not flap. Call w the instances' worth of work, `busyShare * count`. A step up from n needs w >= 0.8 n; a step down from
 * n + 1 needs w <= 0.5 n. Under a load that asks the same work both cannot be true, so after a step up none goes down until the load
 * falls. What "the same work" leaves out is that instances share something (on a CPU its cores, which a step also splits anew): then
 * the step up brings no rows. That is measured, not guessed: while requests still wait after a step, rows per second of three
 * windows are held against the best of the three windows before it (a mean would count a load that was just rising as a gain), and below 1.1 times as many the step is taken back and not tried
 * again under that load.
 *
 * It reacts within UP_AFTER_WINDOWS + SETTLING_WINDOWS + TRIAL_WINDOWS windows of a load that stays too high, and within
 * DOWN_AFTER_WINDOWS + SETTLING_WINDOWS of one that stays low.
 *
 * @param obstacle why there cannot be as many as `nextUp` says (memory), null when there can
 */
export function scaleInstances(
  before: ScaleState,
  window: LoadWindow,
  limits: ScaleLimits,
  obstacle: string | null = null,
): ScaleDecision {
  const refused = before.refused && { ...before.refused, windowsAgo: before.refused.windowsAgo + 1 };
  const state = { ...before, refused };
  if (state.settling > 0) return { state: { ...state, settling: state.settling - 1 }, reason: null };
  const isPressed = window.busyShare >= BUSY_AT_LEAST && window.queueUs >= QUEUE_PER_RUN * window.runUs;
  if (state.trial) return judge(state, state.trial, window, isPressed);
  const pressed = isPressed ? [...state.pressed, window.rowsPerSecond].slice(-UP_AFTER_WINDOWS) : [];
  const { count } = state;
  const couldBeFewer =
    !isPressed && count > limits.min && window.busyShare * count <= IDLE_AT_MOST * (count - 1);
  const next = { ...state, pressed, idle: couldBeFewer ? state.idle + 1 : 0 };
  if (next.idle >= DOWN_AFTER_WINDOWS) return stepDown(next, window);
  const more = nextUp(count, limits);
  const mayGrow = more <= mostOf(limits);
  if (pressed.length < UP_AFTER_WINDOWS || !mayGrow || isRefused(next, more, Math.max(...pressed)))
    return { state: next, reason: null };
  if (obstacle !== null) {
    const refusedNow = { count: more, rowsPerSecond: Math.max(...pressed), windowsAgo: 0 };
    return { state: { ...next, refused: refusedNow }, reason: `${count} instances stay: ${obstacle}` };
  }
  const trial: Trial = { fromCount: count, rowsPerSecondBefore: Math.max(...pressed), rowsPerSecond: [] };
  return {
    state: { ...next, count: more, pressed: [], settling: SETTLING_WINDOWS, trial },
    reason: `${count} -> ${more} instances: requests waited ${ms(window.queueUs)} for runs of ${ms(window.runUs)} while the instances were ${percent(window.busyShare)} busy`,
  };
}

/**
 * The next number that leaves no thread unused: 1, 2, 3 and 6 instances for 6 threads. A number between would be measured with
 * fewer threads at work than before, and end the search where it fails: of 4 threads 3 x 1 loses against 2 x 2, and 4 x 1 would
 * never be measured. Where the bounds allow no such number, one more.
 */
export function nextUp(count: number, limits: ScaleLimits): number {
  const { threads = 0 } = limits;
  for (let more = count + 1; more <= Math.min(threads, mostOf(limits)); more++)
    if (threads % more === 0) return more;
  return count + 1;
}

const mostOf = ({ max, cores }: ScaleLimits): number => Math.min(max, cores);

function judge(state: ScaleState, trial: Trial, window: LoadWindow, isPressed: boolean): ScaleDecision {
  const { count } = state;
  const kept = { ...state, trial: null, pressed: [], idle: 0 };
  if (!isPressed) return { state: kept, reason: `${count} instances kept: requests do not wait any more` };
  const measured = [...trial.rowsPerSecond, window.rowsPerSecond];
  if (measured.length < TRIAL_WINDOWS)
    return { state: { ...state, trial: { ...trial, rowsPerSecond: measured } }, reason: null };
  const after = mean(measured);
  const figures = `${Math.round(after)} rows/s with ${count} instances, ${Math.round(trial.rowsPerSecondBefore)} with ${trial.fromCount}`;
  if (after >= WORTHWHILE * trial.rowsPerSecondBefore)
    return { state: kept, reason: `${count} instances kept: ${figures}` };
  const refused = { count, rowsPerSecond: trial.rowsPerSecondBefore, windowsAgo: 0 };
  return {
    state: { ...kept, count: trial.fromCount, settling: SETTLING_WINDOWS, refused },
    reason: `${count} -> ${trial.fromCount} instances: no gain, ${figures}`,
  };
}

function stepDown(state: ScaleState, { busyShare }: LoadWindow): ScaleDecision {
  const { count } = state;
  return {
    state: { ...state, count: count - 1, pressed: [], idle: 0, settling: SETTLING_WINDOWS },
    reason: `${count} -> ${count - 1} instances: for ${DOWN_AFTER_WINDOWS} looks in a row fewer would have done, ${percent(busyShare)} busy`,
  };
}

function isRefused({ refused }: ScaleState, more: number, rowsPerSecond: number): boolean {
  if (!refused || more < refused.count) return false;
  const isOther = Math.abs(rowsPerSecond - refused.rowsPerSecond) > OTHER_LOAD * refused.rowsPerSecond;
  return !isOther || refused.windowsAgo < REFUSED_WINDOWS;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const ms = (us: number): string => `${(us / 1000).toFixed(1)} ms`;
const percent = (share: number): string => `${Math.round(share * 100)} %`;
