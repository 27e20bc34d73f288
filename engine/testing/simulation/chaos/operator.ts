import type { Random } from '../random';
import type { VirtualClock } from '../virtual-clock';
import { type ChaosModel, DRAIN_LIMITS_US } from './chaos-model';
import { type Ledger, PLANNED } from './ledger';
import { randomSettings } from './model-kinds';
import { type Clients, pick } from './traffic';
import type { VirtualDevice } from './virtual-instance';

const MEAN_GAP_US = 600_000;
const TEND_EVERY_US = 1e6;
const REFUSAL_US = 2e6;
const SHORTAGE_US = 4e6;
/** The least of them does not take the largest single requests. */
const FITTING_ROWS = [2, 3, 4, 8];

/** Changes everything that can be changed while requests run, and brings back what was lost. */
export class Operator implements Clients {
  #paused = true;
  #round = 0;

  constructor(
    private readonly models: readonly ChaosModel[],
    private readonly device: VirtualDevice,
    private readonly ledger: Ledger,
    private readonly clock: VirtualClock,
    private readonly random: Random,
  ) {}

  begin(): void {
    this.#paused = false;
    this.#round++;
    this.#tend(this.#round);
    this.#meddle(this.#round);
  }

  pause(): void {
    this.#paused = true;
  }

  /** A model that is gone, on purpose or not, is loaded again. */
  #tend(round: number): void {
    if (this.#paused || round !== this.#round) return;
    for (const model of this.models) if (!model.busy && model.isAway) void model.replace(0);
    this.clock.callAt(this.clock.nowUs() + TEND_EVERY_US, () => this.#tend(round));
  }

  #meddle(round: number): void {
    if (this.#paused || round !== this.#round) return;
    this.#act(pick(this.models, this.random));
    const gapUs = this.random.exponential(MEAN_GAP_US);
    this.clock.callAt(this.clock.nowUs() + gapUs, () => this.#meddle(round));
  }

  #act(model: ChaosModel): void {
    const { random } = this;
    const drawn = random.uniform();
    if (drawn < 0.25) this.#kill(model);
    else if (drawn < 0.28) this.#refuseStarts();
    else if (drawn < 0.31) this.#takeMemory();
    else if (model.busy) this.ledger.note(`${model.kind.name} is being changed already`);
    else if (drawn < 0.85) void model.apply(randomSettings(model.kind, random));
    else if (drawn < 0.95) void model.replace(pick(DRAIN_LIMITS_US, random));
    else void model.unload(pick(DRAIN_LIMITS_US, random));
  }

  #refuseStarts(): void {
    this.ledger.note('instances cannot start');
    this.device.refusesStartsUntilUs = this.clock.nowUs() + this.random.exponential(REFUSAL_US);
  }

  /** Another program takes some of the device's memory for a while. */
  #takeMemory(): void {
    const { device, clock, random } = this;
    const rows = pick(FITTING_ROWS, random);
    this.ledger.note(`batches of more than ${rows} rows do not fit`);
    device.fittingRows = rows;
    clock.callAt(clock.nowUs() + random.exponential(SHORTAGE_US), () => {
      if (device.fittingRows === rows) device.fittingRows = Number.POSITIVE_INFINITY;
    });
  }

  #kill(model: ChaosModel): void {
    const serving = model.instances.filter(({ state }) => state === 'idle' || state === 'busy');
    if (serving.length > 0) void pick(serving, this.random).kill(`killed, ${PLANNED}`);
  }
}
