import { styleText } from 'node:util';
import { tail } from './run.mjs';

/**
 * @typedef {object} StepOutcome
 * @property {string} text what the line says, e.g. "up to date"
 * @property {boolean} [timed] false: leave the time out, nothing was done
 * @property {boolean} [warn] something is missing, but set-up goes on without it
 */

/** A step that cannot go on; `detail` is shown below its line. */
export class StepError extends Error {
  /**
   * @param {string} message
   * @param {string} [detail]
   */
  constructor(message, detail = '') {
    super(message);
    this.name = 'StepError';
    this.detail = detail;
  }
}

const nameWidth = 14;
const isColoured = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;

/**
 * @param {'green' | 'yellow' | 'red' | 'dim' | 'bold'} colour
 * @param {string} text
 */
export const paint = (colour, text) => (isColoured ? styleText(colour, text) : text);

/** @param {number} ms */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/**
 * Runs one step and prints one line for it: its name, what came of it and the time it took.
 * @template {StepOutcome} T
 * @param {string} name
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const startedMs = performance.now();
  try {
    const outcome = await work();
    const time = outcome.timed === false ? '' : ` in ${seconds(performance.now() - startedMs)}`;
    printLine(name, paint(outcome.warn ? 'yellow' : 'green', outcome.text) + time);
    return outcome;
  } catch (error) {
    printLine(
      name,
      `${paint('red', 'failed')} after ${seconds(performance.now() - startedMs)}: ${messageOf(error)}`,
    );
    if (error instanceof StepError && error.detail) console.log(tail(error.detail));
    throw error;
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
export function printLine(name, text) {
  console.log(`  ${name.padEnd(nameWidth)} ${text}`);
}

/** @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));
