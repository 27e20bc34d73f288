import { expect, test } from 'vitest';
import {
  addUp,
  closingLine,
  countJunit,
  countPlaywright,
  countVitest,
  judgeRun,
  oneCheck,
} from './counts.mjs';
import { readOptions } from './run-checks.mjs';

test('the closing line names what was skipped only where something was', () => {
  expect(closingLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
  expect(closingLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
});

test('checks and runs add up', () => {
  const all = [oneCheck(true), oneCheck(false), { passed: 10, failed: 2, skipped: 1 }];
  expect(addUp(all)).toEqual({ passed: 11, failed: 3, skipped: 1 });
});

test('a run that left no report has failed', () => {
  expect(judgeRun(undefined, 0)).toEqual(oneCheck(false));
});

test('a run in which no test ran has failed', () => {
  expect(judgeRun({ passed: 0, failed: 0, skipped: 4 }, 0).failed).toBe(1);
});

test('a run that broke off after its tests passed has failed', () => {
  expect(judgeRun({ passed: 5, failed: 0, skipped: 0 }, 1)).toEqual({ passed: 5, failed: 1, skipped: 0 });
  expect(judgeRun({ passed: 5, failed: 0, skipped: 0 }, 0)).toEqual({ passed: 5, failed: 0, skipped: 0 });
});

test('reports are read by their own counts', () => {
  expect(countVitest({ numPassedTests: 4, numFailedTests: 1, numPendingTests: 2 })).toEqual({
    passed: 4,
    failed: 1,
    skipped: 2,
  });
  expect(countPlaywright({ stats: { expected: 2, unexpected: 1, flaky: 1, skipped: 3 } })).toEqual({
    passed: 3,
    failed: 1,
    skipped: 3,
  });
});

test("pytest's report is read from its suite's counts", () => {
  const xml =
    '<?xml version="1.0"?><testsuites name="a"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1">';
  expect(countJunit(xml)).toEqual({ passed: 4, failed: 3, skipped: 3 });
  expect(countJunit('<testsuites></testsuites>')).toBeUndefined();
});

test('--only takes steps by name, e2e for both of its kinds, and refuses what there is not', () => {
  expect(readOptions(['--only', 'lint,e2e'])).toEqual({ only: ['lint', 'desktop', 'browser'] });
  expect(readOptions(['--only', 'lnt'])).toMatch(/there is no step "lnt"/);
  expect(readOptions(['--onyl'])).toMatch(/--onyl/);
});
