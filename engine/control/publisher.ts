import { type Clock, Emitter, RingBuffer, type Timer } from '../base';
import type { ChangeMark, DeviceSample, MetricsSample, ModelCounters } from '../contract';
import type { Feed } from './services';

/** Two samples a second: as often as the console paints. */
const BEAT_US = 500e3;
/** A quarter of an hour, the longest window of the charts. */
const SAMPLES_KEPT = 1_800;
const MARKS_KEPT = 500;

export interface PublisherSources {
  readonly clock: Clock;
  readonly counters: () => readonly ModelCounters[];
  readonly devices: () => readonly DeviceSample[];
}

/** Takes a sample of everything at a fixed beat and keeps the last 15 minutes, so that a window opened late has its history. */
export class Publisher {
  readonly #sources: PublisherSources;
  readonly #samples = new RingBuffer<MetricsSample>(SAMPLES_KEPT);
  readonly #marks = new RingBuffer<ChangeMark>(MARKS_KEPT);
  readonly #sampled = new Emitter<MetricsSample>();
  readonly #marked = new Emitter<ChangeMark>();
  #timer: Timer | null = null;
  #nextMarkId = 1;
  #loop = performance.eventLoopUtilization();

  constructor(sources: PublisherSources) {
    this.#sources = sources;
  }

  readonly metrics: Feed<MetricsSample> = {
    recent: () => this.#samples.toArray(),
    subscribe: (listener) => this.#sampled.on(listener),
  };
  readonly marks: Feed<ChangeMark> = {
    recent: () => this.#marks.toArray(),
    subscribe: (listener) => this.#marked.on(listener),
  };

  start(): void {
    const { clock } = this.#sources;
    const beat = (atUs: number) => {
      this.#sample();
      // From the planned time, not from now, so that beats do not drift; after a stall the missed ones are left out.
      const next = Math.max(atUs + BEAT_US, clock.nowUs());
      this.#timer = clock.callAt(next, () => beat(next));
    };
    beat(clock.nowUs());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  mark(mark: Omit<ChangeMark, 'id' | 'atMs'>): void {
    const stamped = { ...mark, id: this.#nextMarkId++, atMs: this.#sources.clock.wallMs() };
    this.#marks.push(stamped);
    this.#marked.emit(stamped);
  }

  #sample(): void {
    const { clock, counters, devices } = this.#sources;
    const before = this.#loop;
    this.#loop = performance.eventLoopUtilization();
    const sample: MetricsSample = {
      atMs: clock.wallMs(),
      monotonicUs: clock.nowUs(),
      models: counters(),
      devices: devices(),
      process: {
        rssBytes: process.memoryUsage.rss(),
        eventLoopBusyShare: performance.eventLoopUtilization(this.#loop, before).utilization,
      },
    };
    this.#samples.push(sample);
    this.#sampled.emit(sample);
  }
}
