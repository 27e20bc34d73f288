import { Emitter } from '../base';
import type { EngineStatus } from '../contract';
import type { Observable } from './services';

/** The engine's status: set by the composition root, watched by consoles. */
export class StatusBoard implements Observable<EngineStatus> {
  readonly #changed = new Emitter<EngineStatus>();
  #status: EngineStatus;

  constructor(initial: EngineStatus) {
    this.#status = initial;
  }

  get(): EngineStatus {
    return this.#status;
  }

  subscribe(listener: (status: EngineStatus) => void): () => void {
    return this.#changed.on(listener);
  }

  /** Tells only what differs: it is called with the devices at every beat. */
  set(change: Partial<EngineStatus>): void {
    const next = { ...this.#status, ...change };
    if (JSON.stringify(next) === JSON.stringify(this.#status)) return;
    this.#status = next;
    this.#changed.emit(next);
  }
}
