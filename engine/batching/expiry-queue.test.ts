import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExpiryQueue } from './expiry-queue';
import { SlotTable } from './slot-table';

interface Timed {
  enqueuedUs: number;
  timeoutUs: number;
  order: number;
  slot: number;
}

const endUs = ({ enqueuedUs, timeoutUs }: Timed): number => enqueuedUs + timeoutUs;
const byEnd = (a: Timed, b: Timed): number => endUs(a) - endUs(b) || a.order - b.order;

test.each([
  ['few timeouts', fc.constantFrom(10, 20, 50)],
  ['a timeout of its own for each', fc.integer({ min: 1, max: 1_000_000 })],
])('gives the request that ends first, whatever left in between: %s (property)', (_, timeouts) => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ timeoutUs: timeouts, laterUs: fc.integer({ min: 0, max: 9 }) }),
      fc.record({ leaves: fc.nat() }),
    ),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, (script) => {
      const slots = new SlotTable<Timed>();
      const queue = new ExpiryQueue(slots);
      const waiting: Timed[] = [];
      let nowUs = 0;
      for (const [order, step] of script.entries()) {
        if ('timeoutUs' in step) {
          nowUs += step.laterUs;
          const entry = { enqueuedUs: nowUs, timeoutUs: step.timeoutUs, order, slot: -1 };
          slots.add(entry);
          queue.add(entry);
          waiting.push(entry);
        } else {
          const [gone] = waiting.splice(step.leaves % Math.max(1, waiting.length), 1);
          if (!gone) continue;
          queue.remove(gone);
          slots.remove(gone);
        }
        const soonest = [...waiting].sort(byEnd)[0] ?? null;
        expect(queue.soonest).toBe(soonest);
        expect(queue.nextUs).toBe(soonest ? endUs(soonest) : Number.POSITIVE_INFINITY);
      }
    }),
  );
});
