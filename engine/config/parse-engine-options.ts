import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { invalid } from '../base';
import { defaultDataPath } from './data-path';
import { didYouMean } from './did-you-mean';
import {
  type EngineOptionName,
  type EngineOptions,
  type EngineOptionsDefaults,
  engineHelp,
  engineOptionsSchema,
  envName,
  FLAG_ALIASES,
  OPTION_NAMES,
  OPTION_TEXTS,
} from './engine-options';

export interface EngineOptionsSource {
  /** Words after the program's name; a leading "serve" is allowed. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Used where the operator says nothing. */
  readonly defaults?: EngineOptionsDefaults;
  /** Relative paths on the command line, in the environment and in the file start here. */
  readonly cwd?: string;
}

/** Raw values of one source, each with the name by which messages call it ("--http-port", "FERRY_HTTP_PORT", …). */
type Given = Map<EngineOptionName, { readonly value: unknown; readonly label: string }>;

const PORTS = ['httpPort', 'grpcPort', 'metricsPort', 'controlPort'] as const;
const PATHS: readonly EngineOptionName[] = [
  'repositoryPath',
  'dataPath',
  'starterModelsPath',
  'rendererPath',
];
const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 };

/**
 * Options from command line, environment, configuration file and defaults, in this order of weight.
 *
 * Errors: INVALID_ARGUMENT with every fault that was found, one per line.
 */
export function parseEngineOptions(
  source: EngineOptionsSource,
): { readonly options: EngineOptions } | { readonly help: string } {
  const cwd = source.cwd ?? process.cwd();
  const faults: string[] = [];
  const commandLine = readArgv(source.argv, faults);
  if (commandLine.help) return { help: engineHelp() };
  const env = readEnv(source.env, faults);
  const configFile = commandLine.config ?? (source.env.FERRY_CONFIG || null);
  const file: Given = configFile === null ? new Map() : readFile(resolve(cwd, configFile), faults);
  const given: Given = new Map([...file, ...env, ...commandLine.given]);
  const values = withDefaults(given, source, cwd);
  const labelOf = (name: EngineOptionName): string =>
    given.get(name)?.label ?? `--${OPTION_TEXTS[name].flag}`;

  const checked = engineOptionsSchema.safeParse(values);
  for (const issue of checked.error?.issues ?? []) {
    const name = issue.path[0] as EngineOptionName;
    faults.push(`${labelOf(name)}: ${shown(name, values[name])}${issue.message}`);
  }
  if (checked.data) checkTogether(checked.data, labelOf, faults);
  if (faults.length > 0 || !checked.data) {
    const count = faults.length === 1 ? 'An option is wrong' : `${faults.length} options are wrong`;
    throw invalid(`${count}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
  Object.freeze(checked.data.allowedHosts);
  Object.freeze(checked.data.loadModels);
  Object.freeze(checked.data.memoryBudget);
  Object.freeze(checked.data.metricsConfig);
  return { options: Object.freeze(checked.data) };
}

function shown(name: EngineOptionName, value: unknown): string {
  return OPTION_TEXTS[name].secret || value === undefined ? '' : `${JSON.stringify(value)} is not allowed: `;
}

function withDefaults(
  given: Given,
  source: EngineOptionsSource,
  cwd: string,
): Partial<Record<EngineOptionName, unknown>> {
  const values: Partial<Record<EngineOptionName, unknown>> = {};
  // Picked by name: callers hand over records that hold other things as well.
  for (const name of OPTION_NAMES) values[name] = source.defaults?.[name];
  for (const [name, { value }] of given) values[name] = value;
  values.dataPath ??= defaultDataPath(process.platform, source.env, homedir());
  if (typeof values.dataPath === 'string') values.repositoryPath ??= join(values.dataPath, 'models');
  for (const name of PATHS) {
    const value = values[name];
    if (typeof value === 'string' && value !== '') values[name] = resolve(cwd, value);
  }
  return values;
}

const FLAGS = OPTION_NAMES.map((name) => OPTION_TEXTS[name].flag);
const SWITCHES = OPTION_NAMES.filter((name) => OPTION_TEXTS[name].value === null).flatMap((name) => [
  OPTION_TEXTS[name].flag,
  `no-${OPTION_TEXTS[name].flag}`,
]);
const KNOWN = new Set([...FLAGS, ...SWITCHES, ...Object.keys(FLAG_ALIASES), 'port', 'config', 'help']);
/** Options that are lists: given again, they grow. */
const LISTS: readonly string[] = [
  OPTION_TEXTS.allowedHosts.flag,
  OPTION_TEXTS.loadModels.flag,
  OPTION_TEXTS.memoryBudget.flag,
  OPTION_TEXTS.metricsConfig.flag,
  OPTION_TEXTS.rateLimitResources.flag,
];

interface CommandLine {
  readonly given: Given;
  readonly help: boolean;
  readonly config: string | null;
}

function readArgv(argv: readonly string[], faults: string[]): CommandLine {
  const words = argv[0] === 'serve' ? argv.slice(1) : [...argv];
  const kindOf = (flag: string) => (SWITCHES.includes(flag) || flag === 'help' ? 'boolean' : 'string');
  const { tokens } = parseArgs({
    args: words,
    strict: false,
    tokens: true,
    options: Object.fromEntries([...KNOWN].map((flag) => [flag, { type: kindOf(flag) }])),
  });
  const texts = new Map<string, string>();
  let help = false;
  for (const token of tokens) {
    if (token.kind === 'option' && (token.name === 'help' || token.name === 'h')) help = true;
    else if (token.kind === 'option') takeFlag(token, texts, faults);
    else if (token.kind === 'positional') {
      faults.push(
        `"${token.value}" is not an option${KNOWN.has(token.value) ? `; write --${token.value}` : ''}`,
      );
    }
  }
  return {
    given: readTexts(texts, (flag) => `--${flag}`, faults),
    help,
    config: texts.get('config') ?? null,
  };
}

interface FlagToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function takeFlag(token: FlagToken, texts: Map<string, string>, faults: string[]): void {
  const { rawName, value, inlineValue } = token;
  const name = FLAG_ALIASES[token.name] ?? token.name;
  if (!KNOWN.has(name)) {
    faults.push(`${rawName} is not an option.${didYouMean(name, KNOWN).replace('"', '"--')}`);
  } else if (SWITCHES.includes(name)) {
    takeSwitch(name, value, texts, faults);
  } else if (value === undefined || (!inlineValue && value.startsWith('--'))) {
    faults.push(`--${name} needs a value`);
  } else {
    const before = LISTS.includes(name) ? texts.get(name) : undefined;
    texts.set(name, before === undefined ? value : `${before},${value}`);
  }
}

/** `--switch`, `--no-switch`, and as Triton has it `--switch=false`. */
function takeSwitch(
  name: string,
  value: string | undefined,
  texts: Map<string, string>,
  faults: string[],
): void {
  if (name.startsWith('no-')) {
    if (value !== undefined) faults.push(`--${name} takes no value`);
    texts.set(name.slice('no-'.length), 'false');
    return;
  }
  const on = value === undefined ? true : SWITCH_WORDS.get(value.toLowerCase());
  if (on === undefined) faults.push(`--${name} takes no value but true or false`);
  texts.set(name, String(on ?? true));
}

function readEnv(env: EngineOptionsSource['env'], faults: string[]): Given {
  const texts = new Map<string, string>();
  for (const flag of ['port', ...OPTION_NAMES.map((name) => OPTION_TEXTS[name].flag)]) {
    const text = env[envName(flag)];
    if (text !== undefined && text !== '') texts.set(flag, text);
  }
  return readTexts(texts, envName, faults);
}

/** Values from texts by flag; `port` sets the four ports that are not given themselves. */
function readTexts(
  texts: ReadonlyMap<string, string>,
  labelOf: (flag: string) => string,
  faults: string[],
): Given {
  const given: Given = new Map();
  const first = texts.get('port');
  if (first !== undefined) spreadPorts(numberOf(first), labelOf('port'), given, faults);
  for (const name of OPTION_NAMES) {
    const { flag } = OPTION_TEXTS[name];
    const text = texts.get(flag);
    if (text !== undefined) given.set(name, { value: valueFromText(name, text), label: labelOf(flag) });
  }
  return given;
}

function spreadPorts(first: unknown, label: string, given: Given, faults: string[]): void {
  const highest = 65_535 - (PORTS.length - 1);
  if (typeof first !== 'number' || !Number.isInteger(first) || first < 0 || first > highest) {
    faults.push(
      `${label}: ${JSON.stringify(first)} is not allowed: it must be a number from 0 to ${highest}`,
    );
    return;
  }
  PORTS.forEach((name, i) => {
    given.set(name, { value: first === 0 ? 0 : first + i, label });
  });
}

/** A text as the kind of value that the option has; what does not fit stays a text and is refused by the schema. */
function valueFromText(name: EngineOptionName, text: string): unknown {
  switch (name) {
    case 'httpPort':
    case 'grpcPort':
    case 'metricsPort':
    case 'controlPort':
    case 'drainTimeoutMs':
    case 'repositoryPollSecs':
      return numberOf(text);
    case 'maxRequestBytes': {
      const [, digits, unit = ''] = /^(\d+)\s*([A-Za-z]*)$/.exec(text) ?? [];
      const factor = UNITS[unit.toLowerCase()];
      return digits === undefined || factor === undefined ? text : Number(digits) * factor;
    }
    case 'allowNetwork':
    case 'exitOnError':
    case 'strictReadiness':
    case 'metrics':
      return SWITCH_WORDS.get(text.toLowerCase()) ?? text;
    case 'allowedHosts':
    case 'loadModels':
    case 'memoryBudget':
    case 'metricsConfig':
    case 'rateLimitResources':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    default:
      return text;
  }
}

const SWITCH_WORDS = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

function numberOf(text: string): unknown {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function readFile(path: string, faults: string[]): Given {
  const given: Given = new Map();
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    faults.push(`--config: "${path}" cannot be used: ${(error as Error).message}`);
    return given;
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    faults.push(`--config: "${path}" must hold one object, { "httpPort": 9000, … }`);
    return given;
  }
  const entries = Object.entries(content);
  const label = (key: string): string => `"${key}" in ${path}`;
  for (const [key, value] of entries) if (key === 'port') spreadPorts(value, label(key), given, faults);
  for (const [key, value] of entries) {
    const name = OPTION_NAMES.find((option) => option === key);
    if (name !== undefined) given.set(name, { value, label: label(key) });
    else if (key !== 'port')
      faults.push(`${label(key)} is not an option.${didYouMean(key, ['port', ...OPTION_NAMES])}`);
  }
  return given;
}

function checkTogether(
  options: EngineOptions,
  labelOf: (name: EngineOptionName) => string,
  faults: string[],
): void {
  if (!isLoopback(options.host) && !options.allowNetwork) {
    faults.push(
      `${labelOf('host')}: "${options.host}" can be reached from other machines. Add --allow-network if that is meant (anyone who ` +
        'reaches the address can then send inference requests), or leave it at 127.0.0.1',
    );
  }
  if (options.loadModels.length > 0 && options.modelControl !== 'explicit')
    faults.push(
      `${labelOf('loadModels')}: only with --model-control explicit; it is ${options.modelControl}`,
    );
  if (options.rateLimitResources.length > 0 && options.rateLimit === 'off')
    faults.push(`${labelOf('rateLimitResources')}: only with --rate-limit execution_count; it is off`);
  const owners = new Map<number, EngineOptionName>();
  for (const name of PORTS) {
    const wanted = options[name];
    const owner = owners.get(wanted);
    if (wanted !== 0 && owner !== undefined)
      faults.push(`${labelOf(name)}: port ${wanted} is that of ${labelOf(owner)} already`);
    owners.set(wanted, name);
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
