import type { TensorSpec } from '../../contract';
import type { LoadPlan, LoadSnapshot } from '../../loadtest';
import { EXIT, failure, usageError } from '../cli-error';
import type { Command, CommandContext, Option } from '../command';
import type { CommandValues } from '../command-values';
import { COMMON_OPTIONS, ENGINE_OPTIONS } from '../common-options';
import { refusedIsNull } from '../model-rows';
import { busiestVersion, type ServerTimes, statisticsOf, timeText } from '../server-times';
import { checkSize, shapesOf } from '../tensors/input-shapes';
import { textFields } from '../text-table';
import type { ModelDescription, V2Client } from '../v2-client';

const DEFAULTS = { clients: 8, durationMs: 10_000, warmupMs: 1_000, maxInFlight: 1_024, timeoutMs: 30_000 };
const BEAT_MS = 500;
/** Above this share of its thread the generator is likely what limits the result. */
const GENERATOR_BUSY_SHARE = 0.95;
const REQUEST_LIMIT_BYTES = 64 * 1024 * 1024;

const OPTIONS: readonly Option[] = [
  {
    name: 'clients',
    value: 'N',
    summary: `closed loop: N clients, each sends when it has its answer (default ${DEFAULTS.clients})`,
  },
  {
    name: 'rate',
    value: 'R',
    summary: 'open loop: R requests a second, whether or not earlier ones are answered',
  },
  { name: 'poisson', value: null, summary: 'with --rate: at random times instead of evenly' },
  { name: 'duration', value: 'TIME', summary: 'what is measured (default 10s)' },
  { name: 'warmup', value: 'TIME', summary: 'before that (default 1s)' },
  { name: 'rows', value: 'N', summary: 'rows in each request (default 1)' },
  {
    name: 'shape',
    value: '[NAME=]N,N',
    summary: 'shape of an input, for dimensions that the model leaves open',
    repeats: true,
  },
  { name: 'version', value: 'N', summary: 'version of the model; the newest that is ready if not given' },
  { name: 'json-tensors', value: null, summary: 'send tensors as JSON, not as bytes' },
  { name: 'seed', value: 'N', summary: 'of the made-up data and of --poisson' },
  { name: 'request-timeout', value: 'TIME', summary: 'after which a request counts as failed (default 30s)' },
  { name: 'allow-errors', value: null, summary: 'end with 0 also when requests failed' },
];

export const benchCommand: Command = {
  name: 'bench',
  summary: 'put load on a model and measure throughput and latency',
  positionals: [{ name: 'MODEL', completes: 'model' }],
  options: [...OPTIONS, ...ENGINE_OPTIONS, ...COMMON_OPTIONS],
  notes: [
    'The requests are made in this process, so generator and server share the machine if they are on one. Latency counts from when a',
    'request was meant to start. Ctrl-C ends the run and shows what was measured.',
  ],
  run: async (context) => {
    const { positionals, values, engine, terminal, show } = context;
    const [name = ''] = positionals;
    const client = await engine.inference();
    const plan = await planOf(client, name, values);
    const before = await statisticsOf(client, name);
    const snapshot = await generate(plan, context);
    const server = busiestVersion(before, await statisticsOf(client, name));
    if (snapshot.generatorBusyShare > GENERATOR_BUSY_SHARE)
      terminal.note(
        'the load generator was busy all the time: the result may be its limit, not that of the server',
      );
    const result = { model: name, url: client.url, plan, snapshot, server };
    show(resultJson(result), () => resultText(result));
    const failed = Object.keys(snapshot.counts.errors).length > 0 && !values.has('allow-errors');
    return failed || snapshot.counts.succeeded === 0 ? EXIT.failed : EXIT.ok;
  },
};

interface BenchResult {
  readonly model: string;
  readonly url: string;
  readonly plan: LoadPlan;
  readonly snapshot: LoadSnapshot;
  readonly server: ServerTimes | null;
}

async function planOf(client: V2Client, name: string, values: CommandValues): Promise<LoadPlan> {
  const { protocol, hostname, port } = new URL(client.url);
  if (protocol !== 'http:')
    throw usageError(`--url: ${client.url}: the load generator speaks plain HTTP only`);
  const executor = executorOf(values);
  const version = values.integer('version', { min: 0, max: 999_999_999 });
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 80),
    path: `/v2/models/${encodeURIComponent(name)}${version === null ? '' : `/versions/${version}`}/infer`,
    executor,
    warmupMs: values.durationMs('warmup', { min: 0, max: 600_000 }) ?? DEFAULTS.warmupMs,
    durationMs: values.durationMs('duration', { min: 500, max: 86_400_000 }) ?? DEFAULTS.durationMs,
    requestTimeoutMs: values.durationMs('request-timeout', { min: 10, max: 600_000 }) ?? DEFAULTS.timeoutMs,
    seed: values.integer('seed', { min: 0, max: 0xffff_ffff }) ?? 1,
    beatMs: BEAT_MS,
    requests: await requestsOf(client, name, version, values),
  };
}

/** What each request holds, by what the server tells of the model. */
async function requestsOf(
  client: V2Client,
  name: string,
  version: number | null,
  values: CommandValues,
): Promise<LoadPlan['requests']> {
  const rows = values.integer('rows', { min: 1, max: 1024 }) ?? 1;
  const model = await client.model(name, version === null ? null : String(version));
  const config = await client.config(name).catch(refusedIsNull);
  const maxRows = config === null ? null : Number(config.max_batch_size ?? 0);
  const batchable = maxRows === null ? hasOpenBatch(model) : maxRows > 0;
  if (rows > 1 && !batchable)
    throw usageError(`--rows: the model "${name}" takes no batches, so that a request has one row`);
  if (rows > 1 && maxRows !== null && rows > maxRows)
    throw usageError(`--rows: ${rows} is more than the model's max_batch_size, ${maxRows}`);
  return {
    kind: 'model',
    inputs: inputsOf(model, values, rows),
    batchable,
    rowsPerRequest: rows,
    encoding: values.has('json-tensors') ? 'json' : 'binary',
    dynamicDims: {},
  };
}

function executorOf(values: CommandValues): LoadPlan['executor'] {
  const clients = values.integer('clients', { min: 1, max: 4096 });
  const rate = values.number('rate', { min: 0.1, max: 200_000 });
  if (clients !== null && rate !== null) throw usageError('--clients and --rate: give one of them');
  if (rate === null && values.has('poisson')) throw usageError('--poisson goes with --rate');
  if (rate === null) return { kind: 'closed', clients: clients ?? DEFAULTS.clients };
  const arrivals = values.has('poisson') ? 'poisson' : 'constant';
  return { kind: 'open', requestsPerSecond: rate, arrivals, maxInFlight: DEFAULTS.maxInFlight };
}

/** Where the server does not tell: every input's first dimension is open. */
const hasOpenBatch = ({ inputs }: ModelDescription): boolean => inputs.every(({ shape }) => shape[0] === -1);

function inputsOf(model: ModelDescription, values: CommandValues, rows: number): TensorSpec[] {
  const shapes = shapesOf(model, values);
  return model.inputs.map(({ name, datatype, shape }) => {
    const dims = shapes.get(name) ?? shape;
    checkSize(`input "${name}"`, datatype, [rows, ...dims.map((dim) => Math.abs(dim))], REQUEST_LIMIT_BYTES);
    return { name, datatype, shape: dims, dimNames: dims.map(() => null), optional: false };
  });
}

async function generate(plan: LoadPlan, { terminal, interrupted }: CommandContext): Promise<LoadSnapshot> {
  const { startLoadGenerator } = await import('../../loadtest');
  const generator = startLoadGenerator(plan, (snapshot) => terminal.progress(progressText(plan, snapshot)));
  interrupted().addEventListener('abort', () => generator.stop());
  try {
    return await generator.finished;
  } catch (error) {
    throw failure((error as Error).message, error);
  }
}

function progressText(
  plan: LoadPlan,
  { phase, measuredMs, achievedPerSecond, latency, counts }: LoadSnapshot,
): string {
  if (phase === 'warming-up') return 'warming up';
  const errors = sumOf(counts.errors);
  const seconds = `${(measuredMs / 1000).toFixed(1)} of ${(plan.durationMs / 1000).toFixed(0)} s`;
  return `${seconds}  ${achievedPerSecond.toFixed(0)} requests/s  p50 ${msText(latency.p50Ms)}  p99 ${msText(latency.p99Ms)}  errors ${errors}`;
}

const sumOf = (errors: Readonly<Record<string, number>>): number =>
  Object.values(errors).reduce((sum, count) => sum + count, 0);
const msText = (ms: number | null): string => (ms === null ? '-' : timeText(ms * 1000));
const rowsOf = ({ requests }: LoadPlan): number => (requests.kind === 'model' ? requests.rowsPerRequest : 1);

function resultJson({ model, url, plan, snapshot, server }: BenchResult) {
  const { executor, warmupMs, durationMs, seed } = plan;
  const rowsPerRequest = rowsOf(plan);
  const { points: _points, phase: _phase, ...measured } = snapshot;
  const inferencesPerSecond = snapshot.achievedPerSecond * rowsPerRequest;
  return {
    model,
    url,
    executor,
    rowsPerRequest,
    warmupMs,
    durationMs,
    seed,
    ...measured,
    inferencesPerSecond,
    server,
  };
}

function resultText({ model, plan, snapshot, server }: BenchResult): string {
  const { counts, latency, achievedPerSecond, measuredMs, stopped, generatorLagP99Ms } = snapshot;
  const { executor } = plan;
  const load =
    executor.kind === 'closed'
      ? `${executor.clients} clients`
      : `${executor.requestsPerSecond} requests/s (${executor.arrivals})`;
  const fields: [string, string][] = [
    ['model', `${model}, ${load}, ${rowsOf(plan)} row(s) a request`],
    ['measured', `${(measuredMs / 1000).toFixed(1)} s${stopped ? ', stopped early' : ''}`],
    [
      'throughput',
      `${achievedPerSecond.toFixed(1)} requests/s, ${(achievedPerSecond * rowsOf(plan)).toFixed(1)} rows/s`,
    ],
    [
      'latency',
      `p50 ${msText(latency.p50Ms)}  p90 ${msText(latency.p90Ms)}  p95 ${msText(latency.p95Ms)}  p99 ${msText(latency.p99Ms)}  max ${msText(latency.maxMs)}`,
    ],
    ['requests', `${counts.sent} sent, ${counts.succeeded} answered, ${counts.dropped} dropped`],
    [
      'errors',
      Object.entries(counts.errors)
        .map(([kind, count]) => `${count} x ${kind}`)
        .join(', ') || 'none',
    ],
  ];
  if (generatorLagP99Ms !== null)
    fields.push(['generator', `sent at most ${msText(generatorLagP99Ms)} late (p99)`]);
  if (server !== null && server.requests > 0) {
    const perRun = server.executions > 0 ? (server.inferences / server.executions).toFixed(2) : '-';
    fields.push([
      'server',
      `${perRun} rows a run; mean queue ${timeText(server.queueUs)}, compute ${timeText(server.computeInferUs)}`,
    ]);
  }
  return textFields(fields);
}
