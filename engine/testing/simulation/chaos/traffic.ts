import type { ParameterValue } from '../../../inference';
import type { Random } from '../random';
import type { VirtualClock } from '../virtual-clock';
import type { ChaosModel } from './chaos-model';
import type { Ask } from './chaos-request';

/** Requests per second that one instance can answer, more or less. */
const RATE_PER_S = 20;
/** Of that rate; what is above one overloads a model with a single instance. */
const LOADS = [0.05, 0.3, 0.6, 0.9, 1.3, 3];
const PHASE_US = 6e6;
const BURST_EVERY_US = 500_000;
const CANCELLED = 0.04;
const CANCELLED_BEFORE = 0.003;
const TOO_LARGE = 0.003;
const CLOSED_CLIENTS = 4;
const THINK_US = 900_000;
const OWN_TIMEOUT_US = 600_000;

/** What asks one model: it stops when told to, and goes on later. */
export interface Clients {
  begin(): void;
  pause(): void;
}

/** Requests that have nothing to do with each other: an open loop whose rate changes, bursts, and some clients that wait. */
export class Traffic implements Clients {
  #load = 0.5;
  #bursts = false;
  #phaseEndsUs = 0;
  #paused = true;
  /** Loops of before a pause end when they see another number. */
  #round = 0;

  constructor(
    private readonly model: ChaosModel,
    private readonly clock: VirtualClock,
    private readonly random: Random,
  ) {}

  begin(): void {
    this.#paused = false;
    const round = ++this.#round;
    this.#arrive(round);
    for (let i = 0; i < CLOSED_CLIENTS; i++) this.#closed(round);
  }

  pause(): void {
    this.#paused = true;
  }

  #arrive(round: number): void {
    if (this.#paused || round !== this.#round) return;
    const { random, clock } = this;
    if (clock.nowUs() > this.#phaseEndsUs) {
      this.#load = pick(LOADS, random);
      this.#bursts = random.uniform() < 0.3;
      this.#phaseEndsUs = clock.nowUs() + random.exponential(PHASE_US);
    }
    const gapUs = this.#bursts ? BURST_EVERY_US : 1e6 / (RATE_PER_S * this.#load);
    const count = this.#bursts ? Math.ceil((RATE_PER_S * this.#load * BURST_EVERY_US) / 1e6) : 1;
    for (let i = 0; i < count; i++) this.model.ask(this.#draw(), () => undefined);
    clock.callAt(clock.nowUs() + random.exponential(gapUs), () => this.#arrive(round));
  }

  #closed(round: number): void {
    const { clock, random } = this;
    clock.callAt(clock.nowUs() + random.exponential(THINK_US), () => {
      if (!this.#paused && round === this.#round) this.model.ask(this.#draw(), () => this.#closed(round));
    });
  }

  #draw(): Ask {
    const { random } = this;
    const { stacks, widths, scheduling } = this.model.kind;
    const rows = stacks ? (random.uniform() < TOO_LARGE ? 40 : pick([1, 1, 1, 2, 3], random)) : 1;
    const parameters = new Map<string, ParameterValue>();
    if (scheduling.priorityLevels > 0) parameters.set('priority', Math.floor(random.uniform() * 5));
    if (random.uniform() < 0.3) parameters.set('timeout', Math.ceil(random.exponential(OWN_TIMEOUT_US)));
    return {
      width: pick(widths, random),
      seconds: Array.from({ length: rows }, (_, row) => row),
      parameters,
      cancelAfterUs: cancelAfterUs(random),
    };
  }
}

export function cancelAfterUs(random: Random): number | null {
  const drawn = random.uniform();
  if (drawn < CANCELLED_BEFORE) return 0;
  return drawn < CANCELLED ? Math.ceil(random.exponential(90_000)) : null;
}

export function pick<T>(choices: readonly T[], random: Random): T {
  return choices[Math.floor(random.uniform() * choices.length)] as T;
}
