import { z } from 'zod';
import { MODEL_CONTROL_MODES, modelNameSchema } from '../contract';
import { memoryBudgetSchema } from './memory-budget';
import { METRICS_CONFIG_WORDS } from './metrics-config';
import { RATE_LIMIT_MODES, resourceLimitSchema } from './rate-limit';

const port = z.number().int().min(0).max(65_535);
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes('\0'), 'must not contain a zero byte');
const hostName =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/;
const host = z
  .string()
  .max(253)
  .regex(hostName, 'must be a host name or an IP address without brackets or port');

const MIB = 1024 * 1024;

/**
 * Everything that an operator can set on the engine. Names here are those of the JSON configuration file; flags and
 * environment variables are in `OPTION_TEXTS`.
 */
export const engineOptionsSchema = z.strictObject({
  host: host.default('127.0.0.1'),
  httpPort: port.default(8000),
  grpcPort: port.default(8001),
  metricsPort: port.default(8002),
  controlPort: port.default(8003),
  metrics: z.boolean().default(true),
  metricsConfig: z
    .array(z.enum(METRICS_CONFIG_WORDS, `must be one of ${METRICS_CONFIG_WORDS.join(', ')}`))
    .max(16)
    .default([]),
  repositoryPath: path,
  dataPath: path,
  starterModelsPath: path.nullable().default(null),
  modelControl: z.enum(MODEL_CONTROL_MODES).default('poll'),
  repositoryPollSecs: z.number().int().min(1).max(86_400).default(2),
  loadModels: z
    .array(z.union([z.literal('*'), modelNameSchema]))
    .max(1000)
    .default([]),
  memoryBudget: memoryBudgetSchema.default([]),
  rateLimit: z.enum(RATE_LIMIT_MODES).default('off'),
  rateLimitResources: resourceLimitSchema.default([]),
  exitOnError: z.boolean().default(false),
  strictReadiness: z.boolean().default(true),
  rendererPath: path.nullable().default(null),
  maxRequestBytes: z
    .number()
    .int()
    .min(1024)
    .max(2 ** 31 - 1)
    .default(256 * MIB),
  grpcMaxResponseBytes: z
    .number()
    .int()
    .min(1024)
    .max(2 ** 31 - 1)
    .default(2 ** 31 - 1),
  drainTimeoutMs: z.number().int().min(0).max(3_600_000).default(30_000),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  controlToken: z
    .string()
    .min(16, 'must have at least 16 characters')
    .max(256, 'must have at most 256 characters')
    .regex(/^[A-Za-z0-9_-]+$/, 'must consist of letters, digits, "_" and "-"')
    .nullable()
    .default(null),
  allowNetwork: z.boolean().default(false),
  allowedHosts: z.array(host).max(64).default([]),
});

/** What an engine is made with; deeply frozen. */
export type EngineOptions = Readonly<z.output<typeof engineOptionsSchema>>;
export type EngineOptionName = keyof EngineOptions;
/** What the caller (desktop app, test) puts in place of the built-in defaults. */
export type EngineOptionsDefaults = Partial<z.input<typeof engineOptionsSchema>>;

export interface OptionText {
  /** Without "--". */
  readonly flag: string;
  /** What stands for the value in the help; null for a switch. */
  readonly value: string | null;
  readonly help: string;
  /** Shown as default where the schema has none to show. */
  readonly otherwise?: string;
  /** Its value is never repeated in a message. */
  readonly secret?: boolean;
}

/** Flags and explanations. The type makes an option without one impossible. */
export const OPTION_TEXTS: Readonly<Record<EngineOptionName, OptionText>> = {
  host: { flag: 'host', value: 'ADDRESS', help: 'address that all doors listen on' },
  httpPort: { flag: 'http-port', value: 'PORT', help: 'inference over HTTP; 0 takes a free port' },
  grpcPort: { flag: 'grpc-port', value: 'PORT', help: 'inference over gRPC; 0 takes a free port' },
  metricsPort: { flag: 'metrics-port', value: 'PORT', help: 'Prometheus metrics; 0 takes a free port' },
  controlPort: {
    flag: 'control-port',
    value: 'PORT',
    help: 'console and control plane; 0 takes a free port',
  },
  metrics: {
    flag: 'metrics',
    value: null,
    help: 'metrics; --no-metrics opens no door and records nothing for them',
  },
  metricsConfig: {
    flag: 'metrics-config',
    value: 'NAME=BOOL',
    help: 'counter_latencies, summary_latencies or histogram_latencies, =true or =false; may be repeated or separated by commas',
  },
  repositoryPath: {
    flag: 'repository',
    value: 'DIR',
    help: 'model repository',
    otherwise: '"models" in the data folder',
  },
  dataPath: {
    flag: 'data-dir',
    value: 'DIR',
    help: 'where logs, load-test results and state are kept',
    otherwise: "the system's place for application data",
  },
  starterModelsPath: {
    flag: 'starter-models',
    value: 'DIR',
    help: 'models copied into a repository that does not exist yet',
  },
  modelControl: {
    flag: 'model-control',
    value: 'MODE',
    help: 'none, poll (follow the repository) or explicit (clients load and unload)',
  },
  repositoryPollSecs: {
    flag: 'repository-poll-secs',
    value: 'SECONDS',
    help: 'how often the repository is looked at',
  },
  loadModels: {
    flag: 'load-model',
    value: 'NAME',
    help: 'in explicit mode: model loaded at the start, "*" for all; may be repeated or separated by commas',
  },
  memoryBudget: {
    flag: 'memory-budget',
    value: 'DEVICE=BYTES',
    help: 'what models may take of a device, e.g. cpu=4GiB,gpu:0=8GiB, or =none; may be repeated or separated by commas',
    otherwise: "80 % of the machine's or its control group's memory, 90 % of a GPU's",
  },
  rateLimit: {
    flag: 'rate-limit',
    value: 'MODE',
    help: 'off, or execution_count: instances wait for the resources that their rate_limiter asks for',
  },
  rateLimitResources: {
    flag: 'rate-limit-resource',
    value: 'NAME:COUNT[:DEVICE]',
    help: 'what there is of a resource, on each device or on one; may be repeated or separated by commas',
    otherwise: 'of each resource as much as the largest demand',
  },
  exitOnError: {
    flag: 'exit-on-error',
    value: null,
    help: 'end when a model cannot be loaded at the start',
  },
  strictReadiness: {
    flag: 'strict-readiness',
    value: null,
    help: 'ready only when every model that should serve does',
  },
  rendererPath: { flag: 'renderer', value: 'DIR', help: 'the built console that browsers get' },
  maxRequestBytes: {
    flag: 'max-request-bytes',
    value: 'BYTES',
    help: 'largest request body; KiB, MiB and GiB are understood',
  },
  grpcMaxResponseBytes: {
    flag: 'grpc-max-response-bytes',
    value: 'BYTES',
    help: 'largest answer over gRPC; KiB, MiB and GiB are understood',
  },
  drainTimeoutMs: {
    flag: 'drain-timeout-ms',
    value: 'MS',
    help: 'time that accepted requests get to finish when the engine stops',
  },
  logLevel: { flag: 'log-level', value: 'LEVEL', help: 'debug, info, warn or error' },
  controlToken: {
    flag: 'control-token',
    value: 'TOKEN',
    help: 'token of the control plane; better given by the environment, which other users cannot see',
    otherwise: 'a random one',
    secret: true,
  },
  allowNetwork: { flag: 'allow-network', value: null, help: 'allow --host to reach beyond this machine' },
  allowedHosts: {
    flag: 'allowed-host',
    value: 'NAME',
    help: 'further host name that requests may use; may be repeated or separated by commas',
  },
};

export const OPTION_NAMES = Object.keys(OPTION_TEXTS) as readonly EngineOptionName[];

/** Triton's spellings of flags that have another name here. */
export const FLAG_ALIASES: Readonly<Record<string, string>> = {
  'model-control-mode': 'model-control',
  'model-repository': 'repository',
  'model-store': 'repository',
};

/** "FERRY_HTTP_PORT" for `--http-port`. */
export function envName(flag: string): string {
  return `FERRY_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** Text of `--help`, made from the schema and the table above, so that it cannot fall behind. */
export function engineHelp(): string {
  const rows = OPTION_NAMES.map((name) => helpRow(OPTION_TEXTS[name], shownDefault(name)));
  rows.unshift(
    helpRow(
      {
        flag: 'port',
        value: 'N',
        help: 'all four doors: HTTP on N, gRPC N+1, metrics N+2, control N+3; 0 takes free ports',
      },
      null,
    ),
    helpRow(
      {
        flag: 'config',
        value: 'FILE',
        help: 'JSON file with these options by name, e.g. { "httpPort": 9000 }',
      },
      null,
    ),
  );
  rows.push('  --help\n      show this text');
  return [
    'Usage: ferry serve [options]',
    '',
    'An option is taken from the command line, else from the environment, else from the file of --config.',
    '',
    ...rows,
    '',
  ].join('\n');
}

function helpRow(text: OptionText, otherwise: string | null): string {
  const value = text.value === null ? '' : ` ${text.value}`;
  const fallback = otherwise === null ? '' : ` (default: ${otherwise})`;
  return `  --${text.flag}${value}\n      ${text.help}${fallback} [${envName(text.flag)}]`;
}

function shownDefault(name: EngineOptionName): string {
  const { otherwise } = OPTION_TEXTS[name];
  if (otherwise !== undefined) return otherwise;
  const value: unknown = engineOptionsSchema.shape[name].safeParse(undefined).data;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (name === 'maxRequestBytes') return `${Number(value) / MIB} MiB`;
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0)
    ? 'none'
    : String(value);
}
