/** What a scheduler would start now. */
export interface Bid {
  readonly rows: number;
  /** How long it is expected to run, microseconds; null when nothing is known. */
  readonly predictedUs: number | null;
  /** When the earliest of its requests is due, on the clock's scale; infinity without an SLO. */
  readonly deadlineUs: number;
}

/**
 * Where one scheduler asks before it starts a batch, because other models share the device. Asked anew for every batch: until it
 * says yes the batch stays open, and what arrives meanwhile still joins it.
 */
export interface DeviceGate {
  /** Others want the device: a batch handed ahead behind a running one would take their turn. */
  readonly isContended: boolean;
  /**
   * True: it may start, and `leave` must follow. False: not now; the scheduler is told by its `onTurn` when to plan again, and the
   * bid stands until then.
   */
  tryEnter(bid: Bid): boolean;
  /** There is nothing to start any more: a bid that stands is taken back. */
  withdraw(): void;
  /** A batch that entered has ended, well or not. */
  leave(): void;
}

/** A device for oneself. */
export const OPEN_GATE: DeviceGate = {
  isContended: false,
  tryEnter: () => true,
  withdraw: () => undefined,
  leave: () => undefined,
};
