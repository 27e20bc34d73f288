import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Links, NONE } from './chain';
import { RankedChain } from './ranked-chain';
import { SlotTable } from './slot-table';

interface Entry {
  readonly rank: number;
  readonly order: number;
  slot: number;
}

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ rank: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ leaves: fc.nat() }) },
  ),
  { maxLength: 300 },
);

test('keeps entries by rank and within it as they came, and every number is given out again (property)', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const slots = new SlotTable<Entry>();
      const chain = new RankedChain(new Links());
      const model: Entry[] = [];
      let most = 0;
      for (const [order, step] of script.entries()) {
        if ('rank' in step) {
          const entry = { rank: step.rank, order, slot: -1 };
          slots.add(entry);
          chain.append(entry);
          model.push(entry);
          most = Math.max(most, model.length);
          expect(entry.slot).toBeLessThan(most);
        } else {
          const [gone] = model.splice(step.leaves % Math.max(1, model.length), 1);
          if (!gone) continue;
          chain.remove(gone);
          slots.remove(gone);
          expect(gone.slot).toBe(NONE);
        }
        const walked: Entry[] = [];
        for (let at = slots.at(chain.first); at !== null; at = slots.at(chain.after(at))) walked.push(at);
        expect(walked).toEqual([...model].sort((a, b) => a.rank - b.rank || a.order - b.order));
      }
    }),
  );
});
