import { CODE, ConnectionError } from './protocol';
import { TokenBucket } from './token-bucket';

/**
 * Frames that cost a client nothing and us work, and that no honest client sends many of: beyond what the buckets hold, the
 * connection ends with ENHANCE_YOUR_CALM. Resets have the largest one: a client whose calls run into short deadlines under overload
 * resets all of them, and is none that attacks (the attack, CVE-2023-44487, makes hundreds of thousands a second).
 */
export class FloodGuard {
  readonly #idle: TokenBucket;
  readonly #settings: TokenBucket;
  readonly #resets: TokenBucket;

  constructor(nowUs: number) {
    this.#idle = new TokenBucket(1000, 200, nowUs);
    this.#settings = new TokenBucket(100, 10, nowUs);
    this.#resets = new TokenBucket(4000, 2000, nowUs);
  }

  /** PING, PRIORITY, empty DATA, unknown types: they bring nothing. */
  idle(nowUs: number): void {
    if (!this.#idle.take(nowUs)) throw flood('frames without content');
  }

  settings(nowUs: number): void {
    if (!this.#settings.take(nowUs)) throw flood('SETTINGS frames');
  }

  reset(nowUs: number): void {
    if (!this.#resets.take(nowUs)) throw flood('streams reset or refused');
  }
}

function flood(what: string): ConnectionError {
  return new ConnectionError(CODE.enhanceYourCalm, `too many ${what}`);
}
