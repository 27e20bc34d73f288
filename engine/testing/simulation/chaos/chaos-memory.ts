import { EngineError, silentLogger } from '../../../base';
import type { MemoryEstimate, ModelSettings } from '../../../contract';
import { ColdStarts, Residency, type Tenant } from '../../../models';
import type { VirtualClock } from '../virtual-clock';
import type { Ledger } from './ledger';

/** The device under all models of a run. */
export const DEVICE = 'cpu';
/** Instances of all models that fit on it: fewer than they want when some scale or are set to more. */
const BUDGET = 18;

/** A model as its place in memory sees it. */
export interface Loadable extends Tenant {
  /** The version that serves. */
  readonly current: object | null;
  /** Loads it for the requests that wait. */
  wake(): Promise<void>;
}

/** Who is in memory, with the engine's own residency and lines before models that are loaded on demand. */
export class ChaosMemory {
  readonly residency: Residency;
  readonly coldStarts: ColdStarts;
  readonly #models = new Map<string, Loadable>();

  constructor(clock: VirtualClock, ledger: Ledger) {
    this.residency = new Residency({
      clock,
      logger: silentLogger,
      budgetOf: () => ({ bytes: BUDGET, note: 'of the run', isGiven: true }),
      tenant: (name) => this.#models.get(name),
      tenants: () => this.#models.values(),
      onEviction: (_, text) => ledger.note(text),
    });
    this.coldStarts = new ColdStarts(clock, (name, whenLoaded) => this.#wake(name, whenLoaded));
  }

  add(model: Loadable): void {
    this.#models.set(model.name, model);
  }

  /** Why there is no room for a further instance. */
  get obstacle(): string | null {
    return this.residency.hasRoomFor(DEVICE, 1) ? null : 'the memory is full';
  }

  /** Instances followed the load. */
  scaled(model: string, instances: number, { instanceCount }: ModelSettings): void {
    const held = this.residency.heldBy(model);
    if (held) this.residency.restore(model, { ...held, bytes: Math.max(instances, instanceCount) });
  }

  /** When nothing is under way those that serve hold memory, and nobody else; null when it is so. */
  fault(): string | null {
    for (const model of this.#models.values()) {
      const held = this.residency.heldBy(model.name);
      if ((held === null) !== (model.current === null))
        return `${model.name} ${model.current ? 'serves' : 'does not serve'} and holds ${held?.bytes ?? 'nothing'}`;
    }
    return null;
  }

  #wake(name: string, whenLoaded: () => void): Promise<void> {
    return this.residency.turn(async () => {
      const model = this.#models.get(name);
      await model?.wake();
      if (!model?.current)
        throw new EngineError('MODEL_NOT_READY', `model "${name}" was unloaded while requests waited for it`);
      whenLoaded();
    });
  }
}

/** Each instance takes one of the device's bytes. */
export function estimateOf({ instanceCount }: ModelSettings): MemoryEstimate {
  return {
    ...{ weightsBytes: 1, activationBytes: [], arenaBytes: 0, instances: instanceCount },
    ...{ totalBytes: instanceCount, source: 'stated', note: null },
  };
}
