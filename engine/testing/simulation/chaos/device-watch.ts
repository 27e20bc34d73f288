import type { ModelSettings } from '../../../contract';
import type { Ledger } from './ledger';

/** Threads that batches of models which compete may have together: the cores of the run but one. */
export const TOKENS = 3;

/**
 * Watches what the device's arbiter lets in: versions that run at the same time have no more threads together than there are. One that
 * is alone may have as many as it likes.
 */
export class DeviceWatch {
  /** Tokens of the batches that each version runs. */
  readonly #running = new Map<string, number[]>();
  /** Batches that began while another version ran. */
  shared = 0;

  constructor(private readonly ledger: Ledger) {}

  entered(instance: string, { intraOpThreads }: ModelSettings): void {
    const version = versionOf(instance);
    const tokens = Math.min(intraOpThreads, TOKENS);
    const own = this.#running.get(version) ?? [];
    own.push(tokens);
    this.#running.set(version, own);
    if (this.#running.size === 1) return;
    this.shared++;
    const used = [...this.#running.values()].flat().reduce((sum, each) => sum + each, 0);
    if (used > TOKENS)
      this.ledger.fault(`${instance} begins with ${tokens} threads, ${used} of ${TOKENS} are taken then`);
  }

  left(instance: string): void {
    const version = versionOf(instance);
    const own = this.#running.get(version);
    own?.shift();
    if (own?.length === 0) this.#running.delete(version);
  }
}

/** "plain/7#3" -> "plain/7" */
const versionOf = (instance: string): string => instance.slice(0, instance.indexOf('#'));
