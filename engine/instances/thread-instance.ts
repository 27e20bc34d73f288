import type { Worker } from 'node:worker_threads';
import { type Clock, EngineError, workerEntry } from '../base';
import type { SessionSpec } from '../inference';
import type { NamedTensor } from '../tensor';
import {
  type Instance,
  type InstanceLoss,
  type InstanceState,
  moveInstance,
  type RunOutput,
} from './instance';
import type { FromInstance, ToInstance } from './instance-messages';

/** Loading a model of several gigabytes from a slow disk takes minutes; beyond this something hangs. */
const LOAD_LIMIT_US = 600e6;
const STOP_LIMIT_US = 30e6;

interface Pending<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: EngineError) => void;
}

/** An instance in a worker thread: ONNX Runtime's `run` blocks the thread that calls it, so it must not be the event loop's. */
export class ThreadInstance implements Instance {
  onLost: ((message: string, code: InstanceLoss) => void) | null = null;
  provider: string | null = null;
  providerNotes: readonly string[] = [];
  #state: InstanceState = 'starting';
  #worker: Worker | null = null;
  #loading: Pending<void> | null = null;
  /** By run id; more than one when a batch waits behind the running one. */
  readonly #running = new Map<number, Pending<RunOutput>>();
  #idleAgain: (() => void) | null = null;
  #exited: Promise<void> = Promise.resolve();
  #waitNoLonger: () => void = () => undefined;
  #runId = 0;

  constructor(
    readonly name: string,
    private readonly spec: SessionSpec,
    private readonly clock: Clock,
  ) {}

  get state(): InstanceState {
    return this.#state;
  }

  start(): Promise<void> {
    const worker = workerEntry('instance-worker', new URL('./worker/instance-worker.ts', import.meta.url), {
      name: this.name,
    });
    this.#worker = worker;
    this.#exited = new Promise((resolve) => {
      this.#waitNoLonger = resolve;
      worker.once('exit', () => resolve());
    });
    worker.on('message', (message: FromInstance) => this.#receive(message));
    worker.on('error', (error) => this.#lost(`its thread failed: ${error.message}`));
    worker.on('exit', (code) => this.#ended(code));
    const limit = this.clock.callAt(this.clock.nowUs() + LOAD_LIMIT_US, () => {
      this.#lost(`the model did not load within ${LOAD_LIMIT_US / 1e6} s`);
      this.#letGo();
    });
    return new Promise<void>((resolve, reject) => {
      this.#loading = { resolve, reject };
      this.#post({ kind: 'load', spec: this.spec });
    }).finally(() => limit.cancel());
  }

  run(inputs: readonly NamedTensor[], outputNames: readonly string[] | null): Promise<RunOutput> {
    this.#state = moveInstance(this.#state, 'busy');
    const runId = ++this.#runId;
    return new Promise((resolve, reject) => {
      this.#running.set(runId, { resolve, reject });
      this.#post({ kind: 'run', runId, inputs, outputNames }, buffersOf(inputs));
    });
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped' || this.#state === 'failed') return this.#exited;
    if (this.#state === 'stopping') return this.#exited;
    if (this.#state === 'busy') await new Promise<void>((resolve) => (this.#idleAgain = resolve));
    if (this.#state !== 'idle' && this.#state !== 'starting') return this.#exited;
    this.#state = moveInstance(this.#state, 'stopping');
    this.#post({ kind: 'stop' });
    const limit = this.clock.callAt(this.clock.nowUs() + STOP_LIMIT_US, () => this.#letGo());
    await this.#exited;
    limit.cancel();
  }

  async kill(why = 'it was killed'): Promise<void> {
    const isInNativeCall =
      this.spec.backend === 'onnxruntime' && (this.#state === 'busy' || this.#state === 'starting');
    this.#lost(why);
    if (isInNativeCall) this.#letGo();
    else await this.#worker?.terminate();
    await this.#exited;
  }

  /**
   * Asks the thread to end and does not wait for it. To terminate a thread that is inside ONNX Runtime takes the whole process
   * down: the binding makes its result when the call returns, in an environment that is gone by then (an uncaught
   * Napi::Error). So a thread in such a call ends only after it.
   */
  #letGo(): void {
    this.#post({ kind: 'stop' });
    this.#worker?.unref();
    this.#waitNoLonger();
  }

  #post(message: ToInstance, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  #receive(message: FromInstance): void {
    switch (message.kind) {
      case 'loaded':
        this.provider = message.provider;
        this.providerNotes = message.providerNotes;
        if (this.#state === 'starting') this.#state = moveInstance(this.#state, 'idle');
        this.#loading?.resolve();
        this.#loading = null;
        return;
      case 'load-failed':
        this.#state = moveInstance(this.#state, 'failed');
        this.#loading?.reject(new EngineError(message.code, message.message));
        this.#loading = null;
        void this.#worker?.terminate();
        return;
      case 'done':
      case 'failed':
        this.#answered(message);
        return;
      default:
        message satisfies never;
    }
  }

  #answered(message: Extract<FromInstance, { kind: 'done' | 'failed' }>): void {
    const running = this.#running.get(message.runId);
    if (!running) return;
    if (message.kind === 'failed' && message.code === 'DEVICE_LOST') {
      // The session can never run again, and what was put behind this batch would fail like it.
      this.#lost(`its device is gone: ${message.message}`, 'DEVICE_LOST');
      this.#letGo();
      return;
    }
    this.#running.delete(message.runId);
    this.#state = moveInstance(this.#state, this.#running.size > 0 ? 'busy' : 'idle');
    if (message.kind === 'done') running.resolve(message);
    else running.reject(new EngineError(message.code, message.message));
    if (this.#running.size > 0) return;
    this.#idleAgain?.();
    this.#idleAgain = null;
  }

  #ended(code: number): void {
    if (this.#state === 'stopping') {
      this.#state = moveInstance(this.#state, 'stopped');
      this.#loading?.reject(
        new EngineError('MODEL_NOT_READY', `instance ${this.name} was stopped while it loaded`),
      );
      this.#loading = null;
      return;
    }
    this.#lost(`its thread ended with code ${code}`);
  }

  #lost(why: string, code: InstanceLoss = 'INSTANCE_LOST'): void {
    if (this.#state === 'failed' || this.#state === 'stopped') return;
    const wasServing = this.#state === 'idle' || this.#state === 'busy';
    this.#state = moveInstance(this.#state, 'failed');
    const error = new EngineError(code, `instance ${this.name} was lost: ${why}`, {
      retryAfterSeconds: 1,
    });
    this.#loading?.reject(error);
    for (const running of this.#running.values()) running.reject(error);
    this.#running.clear();
    this.#loading = null;
    this.#idleAgain?.();
    this.#idleAgain = null;
    if (wasServing) this.onLost?.(error.message, code);
  }
}

/** One buffer may carry several inputs; each is transferred once. */
function buffersOf(inputs: readonly NamedTensor[]): ArrayBuffer[] {
  const [only] = inputs;
  if (inputs.length === 1 && only) return [only.data.buffer as ArrayBuffer];
  return [...new Set(inputs.map((input) => input.data.buffer as ArrayBuffer))];
}
