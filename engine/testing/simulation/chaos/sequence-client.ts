import type { ParameterValue } from '../../../inference';
import type { Random } from '../random';
import type { VirtualClock } from '../virtual-clock';
import type { ChaosModel } from './chaos-model';
import type { Ask } from './chaos-request';
import { type Clients, cancelAfterUs } from './traffic';

const MOST_STEPS = 6;
const BETWEEN_STEPS_US = 150_000;
const BETWEEN_SEQUENCES_US = 900_000;
/** Some pauses are longer than a sequence is remembered for. */
const LONG_PAUSE_US = 1.5e6;
const LONG_PAUSE = 0.02;

/** Between the ids of one client's sequences. */
const ID_STEP = 1000;

/**
 * A client with one sequence after the other: it sends each request when it has the answer to the one before, or all at once. Every
 * answer has to be the sum of what was accepted since the start. After an error it begins anew, under another id: the engine may
 * know the old sequence still. One that was ended is over, so its id is used again.
 */
export class SequenceClient implements Clients {
  #paused = true;
  #round = 0;

  /** @param id of its first sequence, below 1000 */
  constructor(
    private readonly model: ChaosModel,
    private id: number,
    private readonly clock: VirtualClock,
    private readonly random: Random,
  ) {}

  begin(): void {
    this.#paused = false;
    this.#next(++this.#round);
  }

  pause(): void {
    this.#paused = true;
  }

  #next(round: number): void {
    this.#after(BETWEEN_SEQUENCES_US, round, () => {
      const life: Life = { steps: 1 + Math.floor(this.random.uniform() * MOST_STEPS), sum: 0, ended: false };
      if (this.random.uniform() < 0.3) this.#allAtOnce(life, round);
      else this.#step(0, life, round);
    });
  }

  #over({ ended }: Life, round: number): void {
    if (!ended) this.id += ID_STEP;
    this.#next(round);
  }

  #step(step: number, life: Life, round: number): void {
    this.#send(step, life, (right) => {
      if (!right || life.ended) {
        this.#over(life, round);
        return;
      }
      const pauseUs = this.random.uniform() < LONG_PAUSE ? LONG_PAUSE_US : BETWEEN_STEPS_US;
      this.#after(pauseUs, round, () => this.#step(step + 1, life, round));
    });
  }

  #allAtOnce(life: Life, round: number): void {
    let left = life.steps;
    for (let step = 0; step < life.steps; step++)
      this.#send(step, life, () => {
        if (--left === 0) this.#over(life, round);
      });
  }

  #send(step: number, life: Life, onEnd: (right: boolean) => void): void {
    const value = 1 + Math.floor(this.random.uniform() * 1000);
    const isLast = step === life.steps - 1;
    const ask: Ask = {
      width: 2,
      seconds: [value],
      // Answers come in the order of the requests; what was refused has changed nothing.
      expected: () => [life.sum + value],
      parameters: new Map<string, ParameterValue>([
        ['sequence_id', this.id],
        ['sequence_start', step === 0],
        ['sequence_end', isLast],
      ]),
      cancelAfterUs: cancelAfterUs(this.random),
      // Its sequence may be over, or a request before it cancelled.
      mayEndWith: step === 0 ? [] : ['INVALID_ARGUMENT', 'CANCELLED'],
    };
    this.model.ask(ask, (right) => {
      if (right) life.sum += value;
      life.ended ||= right && isLast;
      onEnd(right);
    });
  }

  #after(meanUs: number, round: number, then: () => void): void {
    const { clock } = this;
    clock.callAt(clock.nowUs() + this.random.exponential(meanUs), () => {
      if (!this.#paused && round === this.#round) then();
    });
  }
}

interface Life {
  readonly steps: number;
  /** Of the values that were answered. */
  sum: number;
  /** Its last request was answered. */
  ended: boolean;
}
