/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/** @type {Counts} */
export const none = { passed: 0, failed: 0, skipped: 0 };

/** @param {boolean} holds */
export const oneCheck = (holds) => (holds ? { ...none, passed: 1 } : { ...none, failed: 1 });

/**
 * @param {Counts[]} all
 * @returns {Counts}
 */
export function addUp(all) {
  return all.reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
    }),
    none,
  );
}

/** @param {Counts} counts */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * What a run of tests comes to. A run that broke off, or in which no test ran, has failed, whatever it counted.
 * @param {Counts | undefined} counted undefined when the runner left no report
 * @param {number} status the runner's exit status
 * @returns {Counts}
 */
export function judgeRun(counted, status) {
  if (counted === undefined) return oneCheck(false);
  const isSilentFailure = counted.failed === 0 && (status !== 0 || counted.passed === 0);
  return isSilentFailure ? { ...counted, failed: 1 } : counted;
}

/**
 * @param {{ numPassedTests?: number, numFailedTests?: number, numPendingTests?: number, numTodoTests?: number }} report
 *   Vitest's JSON
 * @returns {Counts}
 */
export function countVitest({
  numPassedTests = 0,
  numFailedTests = 0,
  numPendingTests = 0,
  numTodoTests = 0,
}) {
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
}

/**
 * @param {{ stats?: { expected?: number, unexpected?: number, flaky?: number, skipped?: number } }} report
 *   Playwright's JSON
 * @returns {Counts}
 */
export function countPlaywright({ stats: { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = {} }) {
  return { passed: expected + flaky, failed: unexpected, skipped };
}

/**
 * @param {string} xml JUnit's form, as pytest writes it: one suite with its counts
 * @returns {Counts | undefined} undefined when there is no suite in it
 */
export function countJunit(xml) {
  const suite = /<testsuite\b[^>]*>/.exec(xml)?.[0];
  if (suite === undefined) return undefined;
  const [tests, failures, errors, skipped] = ['tests', 'failures', 'errors', 'skipped'].map((name) =>
    Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0),
  );
  const failed = (failures ?? 0) + (errors ?? 0);
  return { passed: (tests ?? 0) - failed - (skipped ?? 0), failed, skipped: skipped ?? 0 };
}
