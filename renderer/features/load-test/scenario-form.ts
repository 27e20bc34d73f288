import {
  type LoadTestScenario,
  loadTestScenarioSchema,
  type ModelSummary,
  type TensorSpec,
} from '../../../engine/contract';

/** A number field of a form; empty while the operator types. */
export type NumberField = number | '';

/** The load-test form as the operator fills it in: seconds where the scenario has milliseconds, fields of both executors. */
export interface ScenarioForm {
  readonly model: string;
  readonly kind: 'closed' | 'open';
  readonly clients: NumberField;
  readonly requestsPerSecond: NumberField;
  readonly arrivals: 'constant' | 'poisson';
  readonly maxInFlight: NumberField;
  readonly rowsPerRequest: NumberField;
  readonly encoding: 'binary' | 'json';
  readonly warmupSeconds: NumberField;
  readonly durationSeconds: NumberField;
  readonly requestTimeoutSeconds: NumberField;
  readonly seed: NumberField;
  readonly label: string;
  /** By input name, then axis. */
  readonly dynamicDims: Readonly<Record<string, Readonly<Record<string, NumberField>>>>;
}

/** Messages by form field; dynamic dimensions as `dynamicDims.<input>.<axis>`. */
export type ScenarioFaults = Readonly<Record<string, string>>;

export type BuiltScenario =
  | { readonly ok: true; readonly scenario: LoadTestScenario }
  | { readonly ok: false; readonly faults: ScenarioFaults };

export interface DynamicDim {
  readonly input: string;
  readonly axis: number;
  /** The file's own name for it, where it has one. */
  readonly name: string | null;
}

const SEQUENCE_NAME = /seq|len|token|time/i;
const IMAGE_RANK = 4;

/** The inputs that a load test sends: optional ones are left out. */
export function sentInputs(model: Pick<ModelSummary, 'inputs'>): readonly TensorSpec[] {
  return model.inputs.filter((input) => !input.optional);
}

/** The dimensions that each request chooses, the batch dimension left out. */
export function dynamicDimsOf(model: Pick<ModelSummary, 'inputs' | 'batchable'>): DynamicDim[] {
  const first = model.batchable ? 1 : 0;
  return sentInputs(model).flatMap((input) =>
    input.shape.flatMap((size, axis) =>
      size < 0 && axis >= first ? [{ input: input.name, axis, name: input.dimNames[axis] ?? null }] : [],
    ),
  );
}

/** A size that most models of the kind accept: 64 pixels (convolution strides divide it), 16 tokens, else 1. */
function defaultDim(input: TensorSpec, axis: number): number {
  if (SEQUENCE_NAME.test(input.dimNames[axis] ?? '')) return 16;
  return input.shape.length === IMAGE_RANK && axis >= 2 ? 64 : 1;
}

function defaultDims(model: ModelSummary): ScenarioForm['dynamicDims'] {
  const dims: Record<string, Record<string, NumberField>> = {};
  for (const { input, axis } of dynamicDimsOf(model)) {
    const spec = model.inputs.find((candidate) => candidate.name === input);
    if (spec !== undefined) dims[input] = { ...dims[input], [String(axis)]: defaultDim(spec, axis) };
  }
  return dims;
}

/** A form that would run well on `model`: enough clients to fill two batches, so that batching has something to do. */
export function defaultForm(model: ModelSummary): ScenarioForm {
  return {
    model: model.name,
    kind: 'closed',
    clients: Math.min(64, Math.max(8, 2 * model.settings.maxBatchSize)),
    requestsPerSecond: 200,
    arrivals: 'poisson',
    maxInFlight: 512,
    rowsPerRequest: 1,
    encoding: 'binary',
    warmupSeconds: 2,
    durationSeconds: 20,
    requestTimeoutSeconds: 30,
    seed: 1,
    label: '',
    dynamicDims: defaultDims(model),
  };
}

/** The same operator, another model: what is about the traffic stays, what is about the inputs is new. */
export function formForModel(form: ScenarioForm, model: ModelSummary): ScenarioForm {
  return {
    ...form,
    model: model.name,
    rowsPerRequest: model.batchable ? form.rowsPerRequest : 1,
    dynamicDims: defaultDims(model),
  };
}

/** A kept scenario back in the form, to look at, change or run again. */
export function formOfScenario(scenario: LoadTestScenario, base: ScenarioForm): ScenarioForm {
  const { executor } = scenario;
  const traffic =
    executor.kind === 'closed'
      ? { kind: executor.kind, clients: executor.clients }
      : {
          kind: executor.kind,
          requestsPerSecond: executor.requestsPerSecond,
          arrivals: executor.arrivals,
          maxInFlight: executor.maxInFlight,
        };
  return {
    ...base,
    ...traffic,
    model: scenario.model,
    rowsPerRequest: scenario.rowsPerRequest,
    encoding: scenario.encoding,
    warmupSeconds: scenario.warmupMs / 1_000,
    durationSeconds: scenario.durationMs / 1_000,
    requestTimeoutSeconds: scenario.requestTimeoutMs / 1_000,
    seed: scenario.seed,
    label: scenario.label,
    dynamicDims: scenario.dynamicDims,
  };
}

const milliseconds = (seconds: NumberField) => (seconds === '' ? undefined : Math.round(seconds * 1_000));
const filled = (field: NumberField) => (field === '' ? undefined : field);

function candidateOf(form: ScenarioForm): unknown {
  const executor =
    form.kind === 'closed'
      ? { kind: 'closed', clients: filled(form.clients) }
      : {
          kind: 'open',
          requestsPerSecond: filled(form.requestsPerSecond),
          arrivals: form.arrivals,
          maxInFlight: filled(form.maxInFlight),
        };
  return {
    model: form.model,
    version: null,
    executor,
    warmupMs: milliseconds(form.warmupSeconds),
    durationMs: milliseconds(form.durationSeconds),
    rowsPerRequest: filled(form.rowsPerRequest),
    encoding: form.encoding,
    dynamicDims: Object.fromEntries(
      Object.entries(form.dynamicDims).map(([input, dims]) => [
        input,
        Object.fromEntries(Object.entries(dims).map(([axis, size]) => [axis, filled(size)])),
      ]),
    ),
    seed: filled(form.seed),
    requestTimeoutMs: milliseconds(form.requestTimeoutSeconds),
    label: form.label,
  };
}

/** Fields that the schema would quietly fill with a default; here an emptied field is a question, not a default. */
const NEEDED: readonly (keyof ScenarioForm)[] = [
  'warmupSeconds',
  'durationSeconds',
  'rowsPerRequest',
  'seed',
  'requestTimeoutSeconds',
];

const FIELD_OF_PATH: Readonly<Record<string, keyof ScenarioForm>> = {
  warmupMs: 'warmupSeconds',
  durationMs: 'durationSeconds',
  requestTimeoutMs: 'requestTimeoutSeconds',
  'executor.clients': 'clients',
  'executor.requestsPerSecond': 'requestsPerSecond',
  'executor.maxInFlight': 'maxInFlight',
};

/** The schema speaks of milliseconds; the form shows seconds. */
const SECONDS_FAULT: Readonly<Record<string, string>> = {
  warmupMs: 'between 0 and 600 seconds',
  durationMs: 'between 0.5 seconds and 24 hours (86400 seconds)',
  requestTimeoutMs: 'between 0.01 and 600 seconds',
};

/** What only the model can tell; the engine refuses the same. */
function modelFaults(form: ScenarioForm, model: ModelSummary): Record<string, string> {
  const faults: Record<string, string> = {};
  const { maxBatchSize } = model.settings;
  if (!model.batchable && form.rowsPerRequest !== 1)
    faults.rowsPerRequest = 'this model has no free batch dimension: 1 row per request';
  else if (model.batchable && Number(form.rowsPerRequest) > maxBatchSize)
    faults.rowsPerRequest = `at most ${maxBatchSize}, the max batch size of the model`;
  const half = sentInputs(model).find(({ datatype }) => datatype === 'FP16' || datatype === 'BF16');
  if (form.encoding === 'json' && half !== undefined)
    faults.encoding = `input "${half.name}" is ${half.datatype}, which has no JSON form: use binary tensors`;
  return faults;
}

/** Checks the form with the contract's own schema. All faults at once, each under the field it belongs to. */
export function buildScenario(form: ScenarioForm, model: ModelSummary | null): BuiltScenario {
  const faults: Record<string, string> = {};
  const result = loadTestScenarioSchema.safeParse(candidateOf(form));
  for (const issue of result.error?.issues ?? []) {
    const path = issue.path.map(String).join('.');
    const empty = issue.code === 'invalid_type';
    faults[FIELD_OF_PATH[path] ?? path] ??= empty
      ? 'a number is needed'
      : (SECONDS_FAULT[path] ?? issue.message);
  }
  for (const field of NEEDED) if (form[field] === '') faults[field] = 'a number is needed';
  if (form.model === '') faults.model = 'choose a model';
  if (model !== null) Object.assign(faults, modelFaults(form, model));
  if (result.success && Object.keys(faults).length === 0) return { ok: true, scenario: result.data };
  return { ok: false, faults };
}

const LABELS: Readonly<Record<string, string>> = {
  model: 'Model',
  clients: 'Clients',
  requestsPerSecond: 'Requests per second',
  maxInFlight: 'Max in flight',
  rowsPerRequest: 'Rows per request',
  encoding: 'Encoding',
  warmupSeconds: 'Warm-up',
  durationSeconds: 'Duration',
  requestTimeoutSeconds: 'Time-out',
  seed: 'Seed',
  label: 'Label',
};

/** A faulty field as the form calls it: "Duration", "image axis 2". */
export function fieldLabel(field: string): string {
  const dim = /^dynamicDims\.(.+)\.(\d+)$/.exec(field);
  return dim === null ? (LABELS[field] ?? field) : `${dim[1]} axis ${dim[2]}`;
}
