import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * @typedef {object} StartOptions
 * @property {boolean} help
 * @property {boolean} headless
 * @property {string[]} rest what the app gets: everything that is not for the start script itself
 * @property {string} [error]
 */

/** @type {import('node:util').ParseArgsConfig['options'] & {}} */
const known = {
  help: { type: 'boolean', short: 'h' },
  headless: { type: 'boolean' },
  repository: { type: 'string' },
};

/**
 * Reads `npm start`'s own options and passes on the rest, which the engine knows.
 * @param {string[]} args
 * @returns {StartOptions}
 */
export function readStartOptions(args, folder = process.env.INIT_CWD ?? process.cwd()) {
  const { values, tokens } = parseArgs({ args, options: known, strict: false, tokens: true });
  const rest = tokens.flatMap((token) => restOf(token));
  if (typeof values.repository === 'string') rest.push('--repository', resolve(folder, values.repository));
  const options = { help: values.help === true, headless: values.headless === true, rest };
  return values.repository === true ? { ...options, error: '--repository: the folder is missing' } : options;
}

/**
 * What the app gets of one argument: nothing of those that are read here.
 * @param {{ kind: string, name?: string, rawName?: string, value?: string | undefined, inlineValue?: boolean | undefined }} token
 * @returns {string[]}
 */
function restOf({ kind, name = '', rawName = '', value, inlineValue }) {
  if (kind === 'option-terminator' || name in known) return [];
  if (kind === 'positional') return [value ?? ''];
  return [inlineValue ? `${rawName}=${value}` : rawName];
}
