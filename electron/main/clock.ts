/** The shell's source of time: comes in by constructor so that tests run on their own. */
export interface ShellClock {
  /** Monotonic milliseconds; only differences mean anything. */
  nowMs(): number;
  /** Calls `fire` once after `delayMs`; returns the function that cancels it. */
  after(delayMs: number, fire: () => void): () => void;
}

export const systemShellClock: ShellClock = {
  nowMs: () => performance.now(),
  after: (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};
