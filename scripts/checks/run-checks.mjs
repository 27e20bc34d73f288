import { parseArgs } from 'node:util';
import { prepareCuda } from '../setup/cuda.mjs';
import { install } from '../setup/install.mjs';
import { preparePromtool } from '../setup/promtool.mjs';
import { prepareStarterModels } from '../setup/starter-models.mjs';
import { messageOf, paint, seconds, step } from '../setup/step.mjs';
import { runCheck } from './check.mjs';
import { addUp, closingLine, oneCheck } from './counts.mjs';
import { runs } from './runs.mjs';
import { staticChecks } from './static-checks.mjs';
import { emptyTestEnv, prepareTestEnv } from './test-env.mjs';

/** @typedef {import('./check.mjs').Finished} Finished */

const checks = [...staticChecks, ...runs];
const names = checks.map((check) => check.name);
/** Another name for the two that open a window or a browser. */
const groups = { e2e: ['desktop', 'browser'] };
const needWindow = ['package', 'desktop', 'browser'];

const help = `npm test                        everything: set-up, then ${names.join(', ')}
npm test -- --only lint,types   these steps alone; e2e stands for desktop,browser
npm test -- --help              this text
`;

/**
 * Makes the working copy ready and runs the checks. Its last line counts the tests, and each other step as one.
 * @param {string[]} args
 * @returns {Promise<number>} the exit status
 */
export async function runChecks(args) {
  const options = readOptions(args);
  if (typeof options === 'string') {
    console.log(options);
    return options === help ? 0 : 2;
  }
  /** @type {Finished[]} */
  let finished;
  try {
    const env = await prepare(options.only);
    finished = await runAll(options.only, env);
  } catch (error) {
    // The step has shown its own failure; nothing after it can be judged.
    finished = [{ name: 'set-up', counts: oneCheck(false), text: messageOf(error), ms: 0 }];
  }
  return summarise(finished);
}

/**
 * @param {string[]} args
 * @returns {{ only: string[] } | string} or what to say instead of running
 */
export function readOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return help;
    const asked = values.only?.split(',') ?? names;
    const only = asked.flatMap((name) => (name === 'e2e' ? groups.e2e : [name]));
    const unknown = only.filter((name) => !names.includes(name));
    return unknown.length === 0
      ? { only }
      : `--only: there is no step "${unknown[0]}"; there are ${names.join(', ')}`;
  } catch (error) {
    return messageOf(error);
  }
}

/** @param {string[]} only */
async function prepare(only) {
  await step('install', install);
  if (only.some((name) => ['unit', ...needWindow].includes(name))) {
    await step('cuda', prepareCuda);
    await step('starter models', prepareStarterModels);
    if (only.includes('unit')) await step('promtool', preparePromtool);
  }
  return only.some((name) => needWindow.includes(name)) ? prepareTestEnv() : emptyTestEnv();
}

/**
 * @param {string[]} only
 * @param {import('./test-env.mjs').TestEnv} env
 */
async function runAll(only, env) {
  /** @type {Finished[]} */
  const finished = [];
  for (const check of checks.filter(({ name }) => only.includes(name))) {
    const result = await runCheck(check, env);
    finished.push(result);
    if (check.isVital && result.counts.failed > 0) break;
  }
  return finished;
}

/**
 * @param {Finished[]} finished
 * @returns {number} the exit status
 */
function summarise(finished) {
  console.log('');
  for (const { name, counts, text, ms } of finished) {
    const mark = counts.failed > 0 ? paint('red', 'FAIL') : paint('green', 'ok  ');
    console.log(`  ${mark} ${name.padEnd(10)} ${seconds(ms).padStart(8)}  ${text}`);
  }
  const total = addUp(finished.map(({ counts }) => counts));
  console.log(`\n${closingLine(total)}`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}
