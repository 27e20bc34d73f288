import { isUtf8 } from 'node:buffer';
import { invalid } from '../base';
import type { TensorSpec } from '../contract';
import type { InferenceRequest } from '../inference';
import { decodeBytesElements, elementCount, formatShape, type NamedTensor } from '../tensor';

/** What a request turned out to be, once it fits the model. */
export interface CheckedRequest {
  /** Size of the batch dimension; 1 for a model without one. */
  readonly rows: number;
  /** Equal for requests that can be stacked with each other. */
  readonly laneKey: string;
}

/** Checks requests against one model version. Made once per version, used for every request. */
export interface InputChecker {
  /** Throws INVALID_ARGUMENT naming the field, the value and the limit. */
  check(request: InferenceRequest, maxBatchSize: number): CheckedRequest;
}

interface CheckedSpec extends TensorSpec {
  /** True when inner dimensions are left open, so that requests can differ in them. */
  readonly opensInner: boolean;
}

/**
 * The last place in which one request can fail alone by its own fault: what passes here can share a batch without harm to
 * the others in it.
 *
 * @param batchable true: dimension 0 of every tensor is the batch; false: a request runs alone, of whatever size
 */
export function createInputChecker(
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  batchable: boolean,
): InputChecker {
  const specs: CheckedSpec[] = inputs.map((spec) => ({
    ...spec,
    opensInner: spec.shape.some((dim, axis) => dim === -1 && (axis > 0 || !batchable)),
  }));
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const outputNames = new Set(outputs.map((output) => output.name));
  const inputSetVaries = specs.some((spec) => spec.optional);

  const check = (request: InferenceRequest, maxBatchSize: number): CheckedRequest => {
    checkOutputNames(request, outputNames);
    checkInputSet(request, specs, byName);
    let rows: number | null = null;
    let laneKey = '';
    for (const input of request.inputs) {
      const spec = byName.get(input.name);
      if (!spec) throw invalid(`unexpected input "${input.name}"`);
      checkTensor(input, spec, batchable);
      if (batchable) rows = sameRows(rows, input);
      if (spec.opensInner || inputSetVaries) laneKey += laneKeyOf(input, batchable);
    }
    if (rows !== null) checkRows(rows, maxBatchSize);
    return { rows: rows ?? 1, laneKey };
  };
  return { check };
}

function laneKeyOf({ name, shape }: NamedTensor, batchable: boolean): string {
  return `${name}:${shape.slice(batchable ? 1 : 0).join(',')};`;
}

function checkOutputNames(request: InferenceRequest, known: ReadonlySet<string>): void {
  for (const output of request.outputs ?? []) {
    if (!known.has(output.name)) {
      throw invalid(
        `requested output "${output.name}" does not exist in model "${request.model}"; it has ${quoteAll([...known])}`,
      );
    }
  }
}

function checkInputSet(
  request: InferenceRequest,
  specs: readonly CheckedSpec[],
  byName: ReadonlyMap<string, CheckedSpec>,
): void {
  const given = new Set<string>();
  for (const { name } of request.inputs) {
    if (!byName.has(name)) {
      throw invalid(
        `unexpected input "${name}" for model "${request.model}"; it takes ${quoteAll(specs.map((spec) => spec.name))}`,
      );
    }
    if (given.has(name)) throw invalid(`input "${name}" is given twice`);
    given.add(name);
  }
  const missing = specs.filter((spec) => !spec.optional && !given.has(spec.name));
  if (missing.length > 0) {
    throw invalid(
      `missing input ${quoteAll(missing.map((spec) => spec.name))} of model "${request.model}": ${request.inputs.length} of ${specs.length} inputs were given`,
    );
  }
}

function checkTensor(input: NamedTensor, spec: CheckedSpec, batchable: boolean): void {
  if (input.datatype !== spec.datatype) {
    throw invalid(
      `input "${input.name}": datatype ${input.datatype} was given, the model takes ${spec.datatype}`,
    );
  }
  const fits =
    input.shape.length === spec.shape.length &&
    spec.shape.every((dim, axis) => dim === -1 || dim === input.shape[axis] || (batchable && axis === 0));
  if (!fits)
    throw invalid(
      `input "${input.name}": shape ${formatShape(input.shape)} was given, the model takes ${describeShape(spec, batchable)}`,
    );
  if (spec.datatype === 'BYTES') checkText(input);
}

/**
 * ONNX Runtime's binding takes strings as text that ends at a zero byte: other bytes would reach the model changed or cut off, and
 * nobody would know.
 */
function checkText({ name, data, shape }: NamedTensor): void {
  const elements = decodeBytesElements(data, elementCount(shape), name);
  const wrong = elements.findIndex((element) => element.includes(0) || !isUtf8(element));
  if (wrong >= 0)
    throw invalid(
      `input "${name}": element ${wrong} is not UTF-8 text without zero bytes; other strings cannot be given to ONNX Runtime here`,
    );
}

function sameRows(rows: number | null, input: NamedTensor): number {
  const own = input.shape[0] ?? 1;
  if (rows !== null && rows !== own) {
    throw invalid(
      `input "${input.name}": its batch dimension is ${own}, that of the inputs before it ${rows}; all inputs of a request must have the same`,
    );
  }
  return own;
}

function checkRows(rows: number, maxBatchSize: number): void {
  if (rows < 1) throw invalid('the batch dimension is 0: a request needs at least one row');
  if (rows > maxBatchSize)
    throw invalid(
      `the batch dimension is ${rows}, max_batch_size is ${maxBatchSize}: send fewer rows or raise the limit`,
    );
}

/** "[batch, 3, -1 (width)]": the names help to see which axis is wrong. */
function describeShape(spec: TensorSpec, batchable: boolean): string {
  const dims = spec.shape.map((dim, axis) => {
    const name = spec.dimNames[axis] ?? null;
    if (batchable && axis === 0) return name ?? 'batch';
    return dim === -1 && name ? `-1 (${name})` : String(dim);
  });
  return `[${dims.join(', ')}]`;
}

function quoteAll(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
