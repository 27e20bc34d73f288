import { messageOf, printLine, seconds } from '../setup/step.mjs';
import { closingLine, oneCheck } from './counts.mjs';

/** @typedef {import('./counts.mjs').Counts} Counts */

/**
 * @typedef {object} CheckResult
 * @property {Counts} counts
 * @property {string} [output] what to show of it, when it failed
 * @property {string} [remark] a few words for its line
 */

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {boolean} [isVital] the checks after it make no sense when it fails
 * @property {(env: import('./test-env.mjs').TestEnv) => CheckResult | Promise<CheckResult>} run
 */

/**
 * @typedef {object} Finished
 * @property {string} name
 * @property {Counts} counts
 * @property {string} text
 * @property {number} ms
 */

/**
 * Runs one check, says how it went, and never throws: a check that breaks has failed.
 * @param {Check} check
 * @param {import('./test-env.mjs').TestEnv} env
 * @returns {Promise<Finished>}
 */
export async function runCheck(check, env) {
  const startedMs = performance.now();
  /** @type {CheckResult} */
  let result;
  try {
    result = await check.run(env);
  } catch (error) {
    const detail = error instanceof Error && 'detail' in error ? `\n${error.detail}` : '';
    result = { counts: oneCheck(false), output: `${messageOf(error)}${detail}` };
  }
  const ms = performance.now() - startedMs;
  const text = `${closingLine(result.counts)}${result.remark ? ` (${result.remark})` : ''}`;
  if (result.counts.failed > 0 && result.output) console.log(result.output.trimEnd());
  printLine(check.name, `${text} in ${seconds(ms)}`);
  return { name: check.name, counts: result.counts, text, ms };
}
