import type { Clock, Timer } from '../../base';
import type { LoadTestExecutor } from '../../contract';
import { arrivalTimesUs } from '../arrivals';
import { type ConnectionOwner, HttpConnection } from '../http-connection';
import { errorKindOf, isSuccess } from './error-kind';
import type { Executor, ExecutorParts } from './executor';

type OpenExecutorConfig = Extract<LoadTestExecutor, { kind: 'open' }>;

/**
 * Shortest sleep between two looks at the schedule. Arrivals that fall due meanwhile leave together, at most this much late:
 * far below the millisecond that would matter, and it keeps the generator's cost flat above some thousand requests per second.
 */
const SHORTEST_SLEEP_US = 200;
/** Servers close idle connections after some seconds (Node: 5); a request sent just then would be reset by no one's fault. */
const LONGEST_IDLE_US = 3_000_000;

/**
 * Open model: requests start when the schedule says, whether or not earlier ones were answered. One for which there is no
 * room (`maxInFlight` are on their way) is counted as dropped, never sent late. Latency counts from the intended
 * start, so a stall of the server is felt by every request that should have started in it.
 */
export class OpenExecutor implements Executor, ConnectionOwner {
  readonly #nextOffsetUs: () => number;
  /** Connections with nothing on their way, the one used last on top: few stay warm, the rest can be let go. */
  readonly #idle: HttpConnection[] = [];
  readonly #busy = new Set<HttpConnection>();
  #startUs = 0;
  #endUs = 0;
  #nextDueUs = Number.POSITIVE_INFINITY;
  #nextRequest = 0;
  #timer: Timer | null = null;

  constructor(
    private readonly config: OpenExecutorConfig,
    seed: number,
    private readonly clock: Clock,
    private readonly parts: ExecutorParts,
  ) {
    const { arrivals: kind, requestsPerSecond } = config;
    this.#nextOffsetUs = arrivalTimesUs({ kind, requestsPerSecond, seed });
  }

  get inFlight(): number {
    return this.#busy.size;
  }

  start(startUs: number, endUs: number): void {
    this.#startUs = startUs;
    this.#endUs = endUs;
    this.#nextDueUs = startUs + this.#nextOffsetUs();
    this.#wake();
  }

  sweep(nowUs: number): void {
    for (const connection of this.#busy) {
      if (nowUs - connection.sentUs < this.parts.requestTimeoutUs) continue;
      connection.abandon();
      this.onFailure(connection, 'timeout');
    }
    for (const connection of this.#idle) {
      if (connection.connected && nowUs - connection.sentUs > LONGEST_IDLE_US) connection.abandon();
    }
  }

  stop(nowUs: number): void {
    // What was due before the end belongs to the run, even when the thread comes late.
    this.#sendDue(nowUs);
    this.#endUs = 0;
    this.#timer?.cancel();
  }

  close(kind: string): void {
    this.#endUs = 0;
    this.#timer?.cancel();
    for (const connection of [...this.#busy]) {
      connection.abandon();
      this.onFailure(connection, kind);
    }
    for (const connection of this.#idle) connection.abandon();
  }

  onResponse(connection: HttpConnection): void {
    const { report, nowUs } = this.parts;
    const atUs = nowUs();
    if (isSuccess(connection.response)) report.succeeded(connection.intendedUs, connection.sentUs, atUs);
    else report.failed(connection.intendedUs, errorKindOf(connection.response));
    this.#release(connection);
    this.#sendDue(atUs);
  }

  onFailure(connection: HttpConnection, kind: string): void {
    this.parts.report.failed(connection.intendedUs, kind);
    this.#release(connection);
  }

  #release(connection: HttpConnection): void {
    this.#busy.delete(connection);
    this.#idle.push(connection);
  }

  #wake(): void {
    this.#sendDue(this.parts.nowUs());
    if (this.#nextDueUs >= this.#endUs) return;
    const wakeAtUs = Math.max(this.#nextDueUs, this.parts.nowUs() + SHORTEST_SLEEP_US);
    this.#timer = this.clock.callAt(wakeAtUs, () => this.#wake());
  }

  /** Starts, or drops, every request whose time has come. */
  #sendDue(nowUs: number): void {
    while (this.#nextDueUs <= nowUs && this.#nextDueUs < this.#endUs) {
      if (this.#busy.size < this.config.maxInFlight) this.#send(this.#nextDueUs);
      else this.parts.report.dropped(this.#nextDueUs);
      this.#nextDueUs = this.#startUs + this.#nextOffsetUs();
    }
  }

  #send(intendedUs: number): void {
    const { target, report, nowUs } = this.parts;
    const connection = this.#idle.pop() ?? new HttpConnection(target.host, target.port, this);
    this.#busy.add(connection);
    connection.intendedUs = intendedUs;
    connection.sentUs = nowUs();
    report.sent(intendedUs);
    report.lagged(intendedUs, connection.sentUs);
    connection.send(target.requests[this.#nextRequest++ % target.requests.length] as Uint8Array);
  }
}
