import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReleaseOrder } from './release-order';

test('whatever order answers come in, each leaves once, in the order of the places, as soon as all before it have (property)', () => {
  const arrivals = fc
    .integer({ min: 1, max: 12 })
    .chain((count) => fc.shuffledSubarray([...Array(count).keys()], { minLength: count }));
  fc.assert(
    fc.property(arrivals, (order) => {
      const places = new ReleaseOrder();
      const tickets = order.map(() => places.take());
      const released: number[] = [];
      const come = new Set<number>();
      for (const place of order) {
        const ticket = tickets[place];
        if (!ticket) throw new Error('no such place');
        places.use(ticket, () => released.push(place));
        come.add(place);
        let due = 0;
        while (come.has(due)) due++;
        expect(released).toEqual([...Array(due).keys()]);
      }
    }),
  );
});
