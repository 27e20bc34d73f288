import { type Clock, EngineError, RingBuffer } from '../../../base';
import type { ErrorCode } from '../../../contract';
import { TestCancelSignal } from '../../build-request';

/** What the clients know of one request. */
export interface Sent {
  /** Travels in the request's values, so that every row can be told; 0 is nobody's. */
  readonly id: number;
  readonly model: string;
  readonly rows: number;
  readonly sentUs: number;
  /** Empty while it waits for the model to be loaded. */
  version: string;
  /** When the queue has to refuse it; infinity when it never does. */
  expiresUs: number;
  /** The errors that it may end with beyond those that faults of the device bring. */
  mayEndWith: readonly ErrorCode[];
  /** It waits for as long as foreground models want the device. */
  mayStarve: boolean;
  /** It has more rows than the model takes. */
  isTooLarge: boolean;
  /** Its batch did not fit into memory, and it is to run again in half of it. */
  isHalved: boolean;
  readonly signal: TestCancelSignal;
  /** A batch has taken it. */
  ran: boolean;
  /** Cancelled before a batch took it: it must not run, and may end as cancelled only. */
  gone: boolean;
}

export type NewRequest = Pick<Sent, 'model' | 'rows' | 'mayEndWith'>;

/** In the message of every error that the simulated devices make. */
export const PLANNED = 'as planned';
/** In that of a request whose sequence has lost what came before it. */
const FOLLOWS_LOST = 'the request before it in the sequence';
/** In that of a batch which a stop did not wait for. */
const STOP_LIMIT = 'that a stop waits';
const DEVICE_ERRORS: ReadonlySet<ErrorCode> = new Set(['BACKEND_FAILED', 'INSTANCE_LOST', 'DEVICE_LOST']);
/** No request waits for longer, whatever its model goes through: longer than the longest wait for a new instance. */
const LONGEST_LIFE_US = 120e6;
/** Timers of the queue are set a microsecond late. */
const EXPIRY_TOLERANCE_US = 5;
const JOURNAL_LINES = 60;
const MAX_FAULTS = 20;

interface JournalLine {
  readonly atUs: number;
  readonly what: string;
}

/** Which requests are under way, what each may end with, and what has gone wrong. */
export class Ledger {
  readonly open = new Map<number, Sent>();
  /** "model/version" that refuses requests because it is on its way out. */
  readonly leaving = new Set<string>();
  readonly faults: string[] = [];
  readonly endings: Partial<Record<ErrorCode | 'right', number>> = {};
  readonly #clock: Clock;
  readonly #journal = new RingBuffer<JournalLine>(JOURNAL_LINES);
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get asked(): number {
    return this.#lastId;
  }

  /** The last things that happened, for whoever looks for the reason of a fault. */
  get journal(): readonly string[] {
    return this.#journal.toArray().map(({ atUs, what }) => `${(atUs / 1000).toFixed(3)} ms ${what}`);
  }

  note(what: string): void {
    this.#journal.push({ atUs: this.#clock.nowUs(), what });
  }

  fault(text: string): void {
    this.note(`FAULT ${text}`);
    if (this.faults.length < MAX_FAULTS) this.faults.push(text);
  }

  begin({ model, rows, mayEndWith }: NewRequest): Sent {
    const sent: Sent = {
      model,
      rows,
      mayEndWith,
      version: '',
      expiresUs: Number.POSITIVE_INFINITY,
      mayStarve: false,
      isTooLarge: false,
      isHalved: false,
      id: ++this.#lastId,
      sentUs: this.#clock.nowUs(),
      signal: new TestCancelSignal(),
      ran: false,
      gone: false,
    };
    this.open.set(sent.id, sent);
    return sent;
  }

  /** The client leaves. What still waits then has to end as cancelled, what runs as if nothing had happened. */
  cancel(sent: Sent): void {
    if (!this.open.has(sent.id)) return;
    if (sent.signal.onCancel !== null) sent.gone = true;
    this.note(`${nameOf(sent)} is cancelled${sent.gone ? '' : ' too late'}`);
    sent.signal.cancel();
  }

  /** The model is of the background now. */
  mayStarve(model: string): void {
    for (const sent of this.open.values()) if (sent.model === model) sent.mayStarve = true;
  }

  /** A batch takes it. */
  run(id: number, instance: string): Sent | null {
    const sent = this.open.get(id);
    if (!sent) {
      this.fault(`${instance} runs request ${id}, which is not under way`);
      return null;
    }
    if (sent.ran) this.fault(`${nameOf(sent)} runs again, on ${instance}`);
    if (sent.gone) this.fault(`${nameOf(sent)} runs on ${instance}, but was cancelled`);
    if (this.#clock.nowUs() > sent.expiresUs)
      this.fault(`${nameOf(sent)} runs on ${instance} ${this.#clock.nowUs() - sent.expiresUs} us too late`);
    if (!instance.startsWith(`${sent.model}/${sent.version}#`))
      this.fault(`${nameOf(sent)} runs on ${instance}`);
    sent.ran = true;
    return sent;
  }

  /** Its batch did not fit into memory: in half of it, it may run again, and as it has had its turn it expires no more. */
  unfit(id: number, isHalved: boolean): void {
    const sent = this.open.get(id);
    if (!sent) return;
    sent.isHalved = isHalved;
    sent.ran = !isHalved;
    if (isHalved) sent.expiresUs = Number.POSITIVE_INFINITY;
    else sent.mayEndWith = [...sent.mayEndWith, 'OUT_OF_MEMORY'];
  }

  /** It was answered; `wrong` says what is not as it must be, null when the values are right. */
  right(sent: Sent, wrong: string | null): void {
    this.#end(sent, 'right');
    if (wrong !== null) this.fault(`${nameOf(sent)} got a wrong answer: ${wrong}`);
    if (sent.gone) this.fault(`${nameOf(sent)} was answered after it was cancelled`);
    if (!sent.ran) this.fault(`${nameOf(sent)} was answered without having run`);
    if (sent.isTooLarge) this.fault(`${nameOf(sent)} was answered, but has more rows than the model takes`);
  }

  refused(sent: Sent, error: unknown): void {
    if (!(error instanceof EngineError)) {
      this.#end(sent, 'INTERNAL');
      this.fault(`${nameOf(sent)} ended with ${String(error)}`);
      return;
    }
    const { code, message } = error;
    this.#end(sent, code);
    if (sent.gone && code !== 'CANCELLED' && !sent.mayEndWith.includes(code))
      this.fault(`${nameOf(sent)} was cancelled and ended with ${code}: ${message}`);
    if (!this.#mayEnd(sent, code, message)) this.fault(`${nameOf(sent)} ended with ${code}: ${message}`);
  }

  /** Looks at all that is under way: nothing may have been forgotten. */
  sweep(): void {
    const nowUs = this.#clock.nowUs();
    for (const sent of this.open.values()) {
      if (!sent.ran && nowUs > sent.expiresUs + EXPIRY_TOLERANCE_US)
        this.fault(`${nameOf(sent)} waits ${nowUs - sent.expiresUs} us beyond its timeout`);
      if (!sent.mayStarve && nowUs - sent.sentUs > LONGEST_LIFE_US)
        this.fault(`${nameOf(sent)} is under way since ${(nowUs - sent.sentUs) / 1e6} s`);
    }
  }

  #mayEnd(sent: Sent, code: ErrorCode, message: string): boolean {
    if (sent.mayEndWith.includes(code)) return true;
    if (code === 'CANCELLED') return sent.gone || sent.signal.cancelled;
    if (code === 'DEADLINE_EXCEEDED') return !sent.ran && this.#clock.nowUs() > sent.expiresUs;
    const isLeaving = this.leaving.has(`${sent.model}/${sent.version}`);
    if (code === 'MODEL_NOT_READY') return isLeaving && !sent.ran;
    if (code === 'OUT_OF_MEMORY') return message.includes(PLANNED) && message.includes(FOLLOWS_LOST);
    if (!DEVICE_ERRORS.has(code)) return false;
    return message.includes(PLANNED) || (isLeaving && message.includes(STOP_LIMIT));
  }

  #end(sent: Sent, how: ErrorCode | 'right'): void {
    if (!this.open.delete(sent.id)) this.fault(`${nameOf(sent)} ended again: ${how}`);
    this.endings[how] = (this.endings[how] ?? 0) + 1;
    if (how !== 'right') this.note(`${nameOf(sent)} ends with ${how}`);
  }
}

function nameOf({ model, version, id }: Sent): string {
  return `request ${id} of ${model}/${version}`;
}
