import { availableParallelism } from 'node:os';
import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import {
  createOnnxSession,
  createSimulatedSession,
  isDeviceLoss,
  isOutOfMemory,
  type Session,
} from '../../backend';
import { toEngineError } from '../../base';
import type { ErrorCode } from '../../contract';
import type { SessionSpec } from '../../inference';
import type { FromInstance, ToInstance } from '../instance-messages';

/**
 * Waking a sleeping thread costs 15 to 60 us (`npm run -s bench -- overhead` shows it), so after a batch the thread looks for
 * the next one for a while before it sleeps. It does so only while orders do come that quickly: one wait in vain, and it
 * sleeps until the gaps are short again, so that an idle or slowly fed instance costs no CPU. With two cores or fewer it does not at
 * all: the core it would look from is the one that the event loop or the client needs (docs/adr/0006-adaptive-spin.md).
 */
const SPIN_LIMIT_MS = availableParallelism() > 2 ? 0.25 : 0;

const port: MessagePort = parentPort ?? fail();
let session: Session | null = null;
let busy = false;
/** Orders that came while one was being obeyed. */
const waiting: ToInstance[] = [];
let idleSinceMs = 0;
let gapWasShort = false;

function fail(): never {
  throw new Error('instance-worker runs as a worker thread only');
}

function reply(message: FromInstance, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

async function load(spec: SessionSpec): Promise<void> {
  try {
    session = spec.backend === 'simulated' ? createSimulatedSession(spec) : await createOnnxSession(spec);
    reply({ kind: 'loaded', provider: session.provider, providerNotes: session.providerNotes });
  } catch (error) {
    const { code, message } = toEngineError(error);
    reply({ kind: 'load-failed', code: code === 'INTERNAL' ? 'MODEL_INVALID' : code, message });
  }
}

async function run(order: Extract<ToInstance, { kind: 'run' }>): Promise<void> {
  try {
    if (!session) throw new Error('no model is loaded');
    const output = await session.run(order.inputs, order.outputNames);
    const buffers = new Set(output.outputs.map((tensor) => tensor.data.buffer as ArrayBuffer));
    reply({ kind: 'done', runId: order.runId, ...output }, [...buffers]);
  } catch (error) {
    const { code, message } = toEngineError(error);
    reply({
      kind: 'failed',
      runId: order.runId,
      code: code === 'INTERNAL' ? failureOf(message) : code,
      message,
    });
  }
}

function failureOf(message: string): ErrorCode {
  if (isDeviceLoss(message)) return 'DEVICE_LOST';
  return isOutOfMemory(message) ? 'OUT_OF_MEMORY' : 'BACKEND_FAILED';
}

async function stop(): Promise<void> {
  await session?.close();
  port.close();
}

async function obey(order: ToInstance): Promise<void> {
  switch (order.kind) {
    case 'load':
      return load(order.spec);
    case 'run':
      return run(order);
    case 'stop':
      return stop();
    default:
      order satisfies never;
  }
}

/** Takes the order that is there, or that comes soon if the one before did. */
function nextOrder(): ToInstance | null {
  idleSinceMs = performance.now();
  const waited = waiting.shift();
  if (waited) return waited;
  const untilMs = gapWasShort ? idleSinceMs + SPIN_LIMIT_MS : idleSinceMs;
  do {
    const received = receiveMessageOnPort(port);
    if (received) return received.message as ToInstance;
  } while (performance.now() < untilMs);
  return null;
}

/** Orders are obeyed one at a time, in the order sent. */
async function work(first: ToInstance): Promise<void> {
  busy = true;
  for (let order: ToInstance | null = first; order; order = order.kind === 'stop' ? null : nextOrder()) {
    gapWasShort = performance.now() - idleSinceMs < SPIN_LIMIT_MS;
    await obey(order);
  }
  busy = false;
}

port.on('message', (order: ToInstance) => {
  waiting.push(order);
  if (!busy) void drainWaiting();
});

async function drainWaiting(): Promise<void> {
  for (let order = waiting.shift(); order; order = waiting.shift()) await work(order);
}
