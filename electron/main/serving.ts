import type { DesktopEngine } from '../bridge';
import type { ServingStatus } from '../channels';

/** A report older than this says nothing about now: the page is gone or asleep. */
const STALE_AFTER_MS = 10_000;

/** What the shell knows of the engine and its traffic, for the tray and for the question before quitting. */
export class Serving {
  readonly #nowMs: () => number;
  #engine: DesktopEngine = { state: 'starting', attempt: 1 };
  #reported: { readonly status: ServingStatus; readonly atMs: number } | null = null;
  #shown = '';
  readonly #onText: (text: string) => void;

  /** @param onText called with the status line whenever it reads differently */
  constructor(nowMs: () => number, onText: (text: string) => void) {
    this.#nowMs = nowMs;
    this.#onText = onText;
  }

  setEngine(engine: DesktopEngine): void {
    this.#engine = engine;
    if (engine.state !== 'running') this.#reported = null;
    this.#show();
  }

  setStatus(status: ServingStatus): void {
    this.#reported = { status, atMs: this.#nowMs() };
    this.#show();
  }

  /** Requests per second that quitting would interrupt; 0 when none are known of. */
  get requestsPerSecond(): number {
    const fresh = this.#reported && this.#nowMs() - this.#reported.atMs < STALE_AFTER_MS;
    return this.#engine.state === 'running' && fresh ? (this.#reported?.status.requestsPerSecond ?? 0) : 0;
  }

  #show(): void {
    const text = statusLine(this.#engine, this.#reported?.status ?? null);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#onText(text);
  }
}

/** One line for the tray. */
export function statusLine(engine: DesktopEngine, status: ServingStatus | null): string {
  if (engine.state === 'down') return engine.retryInMs === null ? 'Engine down' : 'Engine down, restarting';
  if (engine.state === 'starting') return 'Engine starting';
  if (status === null) return 'Engine running';
  const models = `${status.modelsReady} ${status.modelsReady === 1 ? 'model' : 'models'} ready`;
  return `${models}, ${formatRate(status.requestsPerSecond)} req/s`;
}

/** @param perSecond not negative */
export function formatRate(perSecond: number): string {
  return perSecond > 0 && perSecond < 9.95
    ? perSecond.toFixed(1)
    : Math.round(perSecond).toLocaleString('en-US');
}
