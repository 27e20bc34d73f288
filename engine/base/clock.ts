/** A pending call. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time in the engine. It comes in by constructor, so tests and simulations run on `FakeClock`.
 */
export interface Clock {
  /** Monotonic, microseconds with a fraction. Only differences mean anything. */
  nowUs(): number;
  /** Wall clock, milliseconds since the epoch: for people and logs, never for durations. */
  wallMs(): number;
  /** Calls `fire` once, not before `atUs` (on `nowUs`'s scale), as soon after as the machine allows. */
  callAt(atUs: number, fire: () => void): Timer;
}
