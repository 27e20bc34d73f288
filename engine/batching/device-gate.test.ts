import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../base';
import { buildRequest, FakeClock, FakeRunner, fp32 } from '../testing';
import type { DeviceGate } from './device-gate';
import { DynamicBatcher } from './dynamic-batcher';
import { SequenceBatcher } from './sequence';
import type { SequenceSetup } from './sequence/sequence-config';

/** Lets in while it is open; counts who is inside. */
class CountingGate implements DeviceGate {
  readonly isContended = false;
  isOpen = true;
  bids = false;
  entered = 0;
  left = 0;

  open(isOpen: boolean): void {
    this.isOpen = isOpen;
  }

  tryEnter(): boolean {
    this.bids = !this.isOpen;
    if (this.isOpen) this.entered++;
    return this.isOpen;
  }

  withdraw(): void {
    this.bids = false;
  }

  leave(): void {
    this.left++;
    expect(this.left).toBeLessThanOrEqual(this.entered);
  }
}

const SETUP: SequenceSetup = {
  strategy: { kind: 'direct', maxQueueDelayUs: 0, minimumSlotUtilization: 0 },
  maxIdleUs: 1e9,
  stacks: false,
  controls: [],
  states: [],
  initialStates: [],
};

const SCHEDULERS = {
  dynamic: (options: ConstructorParameters<typeof DynamicBatcher>[0]) => new DynamicBatcher(options),
  sequence: (options: ConstructorParameters<typeof DynamicBatcher>[0]) =>
    new SequenceBatcher({ ...options, setup: SETUP, instances: () => 4 }),
};

function create(kind: keyof typeof SCHEDULERS, instances: number) {
  const clock = new FakeClock();
  const gate = new CountingGate();
  const runner = new FakeRunner(instances);
  let id = 0;
  let ended = 0;
  const ignore = () => undefined;
  const batcher = SCHEDULERS[kind]({
    model: 'm',
    version: '1',
    clock,
    gate,
    runner,
    policy: {
      maxBatchSize: 1,
      preferredBatchSizes: [],
      maxQueueDelayUs: 0,
      maxQueueSize: 1000,
      unbatched: true,
    },
    nextBatchId: () => ++id,
    observer: { batchDone: ignore, batchFailed: ignore, requestDone: ignore, requestFailed: ignore },
  });
  runner.onIdle = () => batcher.instancesChanged();
  let sequence = 0;
  const send = () => {
    const parameters = new Map<string, number | boolean>([
      ['sequence_id', ++sequence],
      ['sequence_start', true],
      ['sequence_end', true],
    ]);
    const request = { ...buildRequest([fp32('x', [1, 1], [1])]), ...(kind === 'sequence' && { parameters }) };
    const count = () => void ended++;
    batcher.submit(request, 1, '').then(count, count);
  };
  return { clock, gate, runner, batcher, send, ended: () => ended };
}

const STEPS = ['send', 'finish', 'fail', 'break', 'shut', 'open'] as const;
type Step = (typeof STEPS)[number];

describe.each(['dynamic', 'sequence'] as const)('the %s batcher at a gate', (kind) => {
  test('leaves exactly once for each batch that entered, well, failed, lost or never started (property)', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.constantFrom(...STEPS), { maxLength: 60 }),
      async (steps) => {
        const { clock, gate, runner, batcher, send, ended } = create(kind, 2);
        const run = runner.run.bind(runner);
        // The next batch cannot even be handed over.
        const breakOnce = () => {
          runner.run = () => {
            runner.run = run;
            throw new EngineError('INSTANCE_LOST', 'no instance is free');
          };
        };
        const acts: Record<Step, () => void> = {
          send,
          finish: () => runner.batches.shift()?.finish(),
          fail: () => runner.batches.shift()?.fail('lost'),
          break: breakOnce,
          shut: () => gate.open(false),
          open: () => gate.open(true),
        };
        for (const step of steps) {
          acts[step]();
          await clock.advance(1);
          expect(gate.entered - gate.left).toBe(runner.batches.length);
        }
        batcher.abort(new EngineError('MODEL_NOT_READY', 'unloaded'));
        expect(gate.bids).toBe(false);
        for (const batch of runner.batches.splice(0)) batch.finish();
        await clock.advance(1);
        expect([gate.left, ended()]).toEqual([gate.entered, steps.filter((step) => step === 'send').length]);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  test('takes its bid back when it has no instance left to run on', async () => {
    const { clock, gate, runner, batcher, send } = create(kind, 1);
    gate.isOpen = false;
    send();
    await clock.advance(1);
    expect(gate.bids).toBe(true);
    runner.idleCount = 0;
    batcher.instancesChanged();
    expect(gate.bids).toBe(false);
  });
});
