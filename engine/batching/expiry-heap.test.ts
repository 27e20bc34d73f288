import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Expiring, ExpiryHeap } from './expiry-heap';

test('gives what expires first, equal ends in order, whatever was removed in between (property)', () => {
  const steps = fc.array(fc.oneof(fc.nat(20), fc.record({ remove: fc.nat(1000) })), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (script) => {
      const heap = new ExpiryHeap<Expiring>();
      const all: Expiring[] = [];
      let inside: Expiring[] = [];
      for (const step of script) {
        if (typeof step === 'number') {
          const item = { expiresUs: step, order: all.length, heapIndex: -1 };
          all.push(item);
          inside.push(item);
          heap.add(item);
        } else if (all.length > 0) {
          // Also one that is not in it any more.
          const item = all[step.remove % all.length] as Expiring;
          inside = inside.filter((other) => other !== item);
          heap.remove(item);
        }
        inside.sort((a, b) => a.expiresUs - b.expiresUs || a.order - b.order);
        expect(heap.soonest).toBe(inside[0] ?? null);
      }
    }),
  );
});
