import fc from 'fast-check';
import { expect, test } from 'vitest';
import { budgetFaults, claimFault } from './budget-faults';

const budgetOf = (bytes: number | null) => ({ bytes, note: '--memory-budget cpu', isGiven: true });
const claim = (name: string, bytes: number, isPinned = false) => ({ name, bytes, isPinned });

test('all that contradicts a budget is told, each with its arithmetic', () => {
  const claims = [claim('a', 300, true), claim('b', 200, true), claim('c', 150)];
  expect(budgetFaults('cpu', budgetOf(100), claims)).toEqual([
    '--memory-budget cpu=100 (100 bytes): the smallest model for cpu, "c", needs 150 bytes (150 bytes)',
    '--memory-budget cpu=100 (100 bytes): pinned models need 500 bytes (500 bytes) of cpu: "a" 300 bytes, "b" 200 bytes',
  ]);
  expect(budgetFaults('cpu', budgetOf(499), claims)).toHaveLength(1);
  expect(budgetFaults('cpu', budgetOf(500), claims)).toEqual([]);
  expect(budgetFaults('cpu', budgetOf(null), claims)).toEqual([]);
  expect(budgetFaults('cpu', budgetOf(1), [])).toEqual([]);
});

test('a model fits when it and all pinned ones do', () => {
  expect(claimFault('cpu', budgetOf(250), claim('a', 200, true), [claim('b', 100, true)])).toBe(
    '"a" would need 200 bytes of cpu (pinned, with these settings), but its budget is 250 bytes (--memory-budget cpu), and pinned models hold 100 bytes: "b" 100 bytes',
  );
  expect(claimFault('cpu', budgetOf(250), claim('a', 200), [claim('b', 100)])).toBeNull();
});

test('a claim is refused as pinned exactly when the budget with it would be', () => {
  const bytes = fc.integer({ min: 1, max: 1000 });
  const claims = fc.array(fc.record({ name: fc.string(), bytes, isPinned: fc.boolean() }), { maxLength: 6 });
  fc.assert(
    fc.property(bytes, bytes, claims, (limit, own, others) => {
      const pinned = claim('new', own, true);
      const withIt = budgetFaults('cpu', budgetOf(limit), [...others, pinned]);
      const isRefused = claimFault('cpu', budgetOf(limit), pinned, others) !== null;
      expect(isRefused).toBe(withIt.some((fault) => fault.includes('pinned models need')));
    }),
  );
});
