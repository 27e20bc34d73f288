import { invalid } from '../base';
import {
  type LoadTestScenario,
  type LoadTestScenarioInput,
  loadTestScenarioSchema,
  type ModelSettings,
  type ModelSummary,
} from '../contract';
import { ELEMENT_BYTES } from '../tensor';
import type { LoadPlan } from './load-plan';
import { requestShape } from './make-inputs';

/** Largest request that a load test makes. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
/** For the size check only: a made-up BYTES element, and a number as JSON text. */
const BYTES_ELEMENT_BYTES = 16;
const JSON_ELEMENT_BYTES = 8;

/** Fills in defaults. Throws INVALID_ARGUMENT that names every field that is wrong. */
export function parseScenario(given: LoadTestScenarioInput): LoadTestScenario {
  const parsed = loadTestScenarioSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues.map((issue) => `${issue.path.join('.') || 'scenario'}: ${issue.message}`).join('; '),
  );
}

/** Checks what only the model can tell. Throws INVALID_ARGUMENT that names all faults at once. */
export function checkScenario(scenario: LoadTestScenario, model: ModelSummary): void {
  const faults = [
    ...rowFaults(scenario, model),
    ...dimensionFaults(scenario, model),
    ...encodingFaults(scenario, model),
  ];
  if (faults.length === 0) faults.push(...sizeFaults(scenario, model));
  if (faults.length > 0) throw invalid(faults.join('; '));
}

function rowFaults({ rowsPerRequest }: LoadTestScenario, model: ModelSummary): string[] {
  if (rowsPerRequest === 1) return [];
  if (!model.batchable) {
    const why = model.batchingNote === null ? '' : ` (${model.batchingNote})`;
    return [
      `rowsPerRequest is ${rowsPerRequest}, but model "${model.name}" has no batch dimension${why}: use 1`,
    ];
  }
  const limit = model.settings.maxBatchSize;
  if (rowsPerRequest <= limit) return [];
  return [
    `rowsPerRequest is ${rowsPerRequest}, above the model's max batch size of ${limit}: send fewer rows or raise the setting`,
  ];
}

function dimensionFaults({ dynamicDims }: LoadTestScenario, model: ModelSummary): string[] {
  return Object.entries(dynamicDims).flatMap(([name, sizes]) => {
    const spec = model.inputs.find((input) => input.name === name);
    if (!spec) {
      const known = model.inputs.map((input) => `"${input.name}"`).join(', ');
      return [`dynamicDims: model "${model.name}" has no input "${name}", it has ${known}`];
    }
    return Object.entries(sizes).flatMap(([axis, size]) => {
      const where = `dynamicDims.${name}.${axis}`;
      const fixed = /^\d{1,3}$/.test(axis) ? spec.shape[Number(axis)] : undefined;
      if (fixed === undefined) return [`${where}: input "${name}" has axes 0 to ${spec.shape.length - 1}`];
      if (model.batchable && Number(axis) === 0)
        return [`${where}: axis 0 is the batch, set it by rowsPerRequest`];
      return fixed >= 0 && fixed !== size ? [`${where} is ${size}, but the model fixes it at ${fixed}`] : [];
    });
  });
}

function encodingFaults({ encoding }: LoadTestScenario, model: ModelSummary): string[] {
  if (encoding === 'binary') return [];
  return model.inputs
    .filter((input) => !input.optional && (input.datatype === 'FP16' || input.datatype === 'BF16'))
    .map(
      (input) =>
        `encoding is "json", but input "${input.name}" is ${input.datatype}, which has no JSON form: use "binary"`,
    );
}

function sizeFaults(scenario: LoadTestScenario, model: ModelSummary): string[] {
  const bytes = model.inputs
    .filter((input) => !input.optional)
    .map((input) => {
      const shape = requestShape(input, model.batchable, scenario.rowsPerRequest, scenario.dynamicDims);
      const element =
        scenario.encoding === 'json'
          ? JSON_ELEMENT_BYTES
          : (ELEMENT_BYTES[input.datatype] ?? BYTES_ELEMENT_BYTES);
      return shape.reduce((product, size) => product * size, element);
    })
    .reduce((sum, size) => sum + size, 0);
  if (bytes <= MAX_REQUEST_BYTES) return [];
  const mebibytes = (n: number) => Math.round(n / 1024 / 1024).toLocaleString('en-US');
  return [
    `one request would have ${mebibytes(bytes)} MiB, above the ${mebibytes(MAX_REQUEST_BYTES)} MiB a load test may send: ` +
      'lower rowsPerRequest or dynamicDims',
  ];
}

/** What the generator is told for a checked scenario. */
export function planOf(
  scenario: LoadTestScenario,
  model: ModelSummary,
  target: { readonly host: string; readonly port: number },
  beatMs: number,
): LoadPlan {
  const version = scenario.version === null ? '' : `/versions/${scenario.version}`;
  return {
    host: reachable(target.host),
    port: target.port,
    path: `/v2/models/${encodeURIComponent(scenario.model)}${version}/infer`,
    requests: {
      kind: 'model',
      inputs: model.inputs,
      batchable: model.batchable,
      rowsPerRequest: scenario.rowsPerRequest,
      encoding: scenario.encoding,
      dynamicDims: scenario.dynamicDims,
    },
    executor: scenario.executor,
    warmupMs: scenario.warmupMs,
    durationMs: scenario.durationMs,
    requestTimeoutMs: scenario.requestTimeoutMs,
    seed: scenario.seed,
    beatMs,
  };
}

/** A door that listens on every address is reached on loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** The settings of a model in a line: "batching on, max batch 16, delay 1,000 µs, 1 instance, cpu". */
export function settingsNote(settings: ModelSettings, activeProvider: string | null): string {
  const delay = `delay ${settings.maxQueueDelayUs.toLocaleString('en-US')} µs`;
  const preferred =
    settings.preferredBatchSizes.length === 0 ? [] : [`preferred ${settings.preferredBatchSizes.join('/')}`];
  return [
    ...(settings.batching !== 'off'
      ? [`batching ${settings.batching}`, `max batch ${settings.maxBatchSize}`, ...preferred, delay]
      : ['batching off']),
    settings.instanceCount === 1 ? '1 instance' : `${settings.instanceCount} instances`,
    activeProvider ?? settings.executionProviders.join('/'),
  ].join(', ');
}
