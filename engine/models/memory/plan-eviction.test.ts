import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planEviction, type Resident } from './plan-eviction';

const resident = (name: string, change: Partial<Resident> = {}): Resident => ({
  name,
  bytes: 10,
  isPinned: false,
  isBusy: false,
  lastUseUs: 0,
  ...change,
});

test('the one used longest ago leaves', () => {
  const residents = [
    resident('a', { lastUseUs: 3 }),
    resident('b', { lastUseUs: 1 }),
    resident('c', { lastUseUs: 2 }),
  ];
  expect(planEviction(10, 30, residents)).toEqual({ kind: 'fits', evict: ['b'] });
  expect(planEviction(10, 40, residents)).toEqual({ kind: 'fits', evict: [] });
});

test('one with requests leaves only when the idle ones are not enough', () => {
  const residents = [resident('busy', { isBusy: true, lastUseUs: 1 }), resident('idle', { lastUseUs: 2 })];
  expect(planEviction(10, 20, residents)).toEqual({ kind: 'fits', evict: ['idle'] });
  expect(planEviction(20, 20, residents)).toEqual({ kind: 'fits', evict: ['idle', 'busy'] });
});

test('a small old model does not leave for nothing beside a large one that has to go anyway', () => {
  const residents = [resident('small', { bytes: 1 }), resident('large', { bytes: 30, lastUseUs: 1 })];
  expect(planEviction(30, 31, residents)).toEqual({ kind: 'fits', evict: ['large'] });
});

test('what does not fit beside the pinned ones is refused with what could be had', () => {
  expect(planEviction(25, 30, [resident('p', { isPinned: true }), resident('q')])).toEqual({
    kind: 'refused',
    freeableBytes: 20,
  });
});

const arbitraryResidents = fc
  .array(
    fc.record({
      bytes: fc.integer({ min: 0, max: 100 }),
      isPinned: fc.boolean(),
      isBusy: fc.boolean(),
      lastUseUs: fc.integer({ min: 0, max: 5 }),
    }),
    { maxLength: 12 },
  )
  .map((all) => all.map((one, at): Resident => ({ ...one, name: `m${at}` })));

test('a plan makes room, never with a pinned model, and with no eviction that could be left out; it refuses only when it must', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.nat(400), arbitraryResidents, (need, budget, residents) => {
      const plan = planEviction(need, budget, residents);
      const bytes = (of: readonly Resident[]) => of.reduce((sum, one) => sum + one.bytes, 0);
      const pinned = residents.filter(({ isPinned }) => isPinned);
      expect(plan.kind === 'refused').toBe(bytes(pinned) + need > budget);
      if (plan.kind === 'refused') return;
      const leaving = residents.filter(({ name }) => plan.evict.includes(name));
      const staying = bytes(residents) - bytes(leaving);
      expect(leaving.some(({ isPinned }) => isPinned)).toBe(false);
      if (leaving.length > 0) expect(staying + need).toBeLessThanOrEqual(budget);
      for (const one of leaving) expect(staying + one.bytes + need).toBeGreaterThan(budget);
      // Idle ones alone would not have been enough when one with requests has to leave.
      const idle = residents.filter(({ isPinned, isBusy }) => !isPinned && !isBusy);
      if (leaving.some(({ isBusy }) => isBusy))
        expect(bytes(residents) - bytes(idle) + need).toBeGreaterThan(budget);
      expectOldestFirst(leaving, residents, plan.evict);
    }),
  );
});

/** Of two that are alike but for their last use, the one used later does not leave alone. */
function expectOldestFirst(
  leaving: readonly Resident[],
  residents: readonly Resident[],
  evict: readonly string[],
): void {
  for (const one of leaving)
    for (const other of residents)
      if (
        !other.isPinned &&
        other.isBusy === one.isBusy &&
        other.bytes === one.bytes &&
        other.lastUseUs < one.lastUseUs
      )
        expect(evict).toContain(other.name);
}
