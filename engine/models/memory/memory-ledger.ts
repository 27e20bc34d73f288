/** How much of a device models may take. */
export interface MemoryBudget {
  /** Null: no limit. */
  readonly bytes: number | null;
  /** Where it comes from, for people: "--memory-budget", "80 % of 16.0 GiB", … */
  readonly note: string;
  /** By the operator: one that holds no model at all is a mistake. */
  readonly isGiven: boolean;
}

export const NO_BUDGET: MemoryBudget = { bytes: null, note: 'none', isGiven: false };

export interface Holding {
  readonly deviceId: string;
  readonly bytes: number;
}

/** What each model holds, and of which device. A model holds memory of one device. */
export class MemoryLedger {
  readonly #holdings = new Map<string, Holding>();

  constructor(private readonly budgetOf: (deviceId: string) => MemoryBudget) {}

  budget(deviceId: string): MemoryBudget {
    return this.budgetOf(deviceId);
  }

  set(model: string, deviceId: string, bytes: number): void {
    this.#holdings.set(model, { deviceId, bytes });
  }

  release(model: string): void {
    this.#holdings.delete(model);
  }

  of(model: string): Holding | null {
    return this.#holdings.get(model) ?? null;
  }

  /** Names and bytes of those that hold memory of a device. */
  on(deviceId: string): readonly { readonly model: string; readonly bytes: number }[] {
    return [...this.#holdings]
      .filter(([, holding]) => holding.deviceId === deviceId)
      .map(([model, { bytes }]) => ({ model, bytes }));
  }

  reservedOn(deviceId: string): number {
    return this.on(deviceId).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  devices(): readonly string[] {
    return [...new Set([...this.#holdings.values()].map(({ deviceId }) => deviceId))];
  }
}
