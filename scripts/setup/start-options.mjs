import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * @typedef {object} StartOptions
 * @property {boolean} help
 * @property {boolean} headless
 * @property {string[]} rest what the app gets: everything that is not for the start script itself
 * @property {string} [error]
 */

/** The doors in the order of their ports, from the one that `--port` names. */
const doors = ['--http-port', '--grpc-port', '--metrics-port', '--control-port'];

/** @type {import('node:util').ParseArgsConfig['options'] & {}} */
const known = {
  help: { type: 'boolean', short: 'h' },
  headless: { type: 'boolean' },
  port: { type: 'string' },
  repository: { type: 'string' },
};

/**
 * Reads `npm start`'s own options and passes on the rest. `--port N` stands for all four doors, from N upwards; a door
 * that is named itself keeps its own.
 * @param {string[]} args
 * @returns {StartOptions}
 */
export function readStartOptions(args, folder = process.env.INIT_CWD ?? process.cwd()) {
  const { values, tokens } = parseArgs({ args, options: known, strict: false, tokens: true });
  const rest = tokens.flatMap((token) => restOf(token));
  if (typeof values.repository === 'string') rest.push('--repository', resolve(folder, values.repository));
  const options = { help: values.help === true, headless: values.headless === true, rest };
  if (values.repository === true) return { ...options, error: '--repository: the folder is missing' };
  return values.port === undefined ? options : withPorts(options, String(values.port));
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

/**
 * @param {StartOptions} options
 * @param {string} text
 */
function withPorts(options, text) {
  const first = Number(text);
  const last = 65_535 - (doors.length - 1);
  if (!/^\d+$/.test(text) || first < 1 || first > last) {
    return { ...options, error: `--port: "${text}" is not a port from 1 to ${last}` };
  }
  const given = new Set(options.rest.map((arg) => arg.split('=')[0]));
  const ports = doors.flatMap((door, i) => (given.has(door) ? [] : [door, String(first + i)]));
  return { ...options, rest: [...options.rest, ...ports] };
}
