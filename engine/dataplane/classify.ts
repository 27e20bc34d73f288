import { invalid } from '../base';
import type { Datatype, TensorSpec } from '../contract';
import type { InferenceRequest, InferenceResult } from '../inference';
import { ELEMENT_BYTES, elementCount, encodeBytesElements, type NamedTensor } from '../tensor';

/** Elements of an output that is ranked; Triton's limit. */
export const CLASSIFIED_ELEMENT_LIMIT = 1_000_000;
/** Up to so many classes per row are kept in order while the row is read; more are sorted. */
const FEW_CLASSES = 64;

type Ranked = Exclude<Datatype, 'BYTES' | 'FP16' | 'BF16'>;
type Read = (view: DataView, offset: number) => number | bigint;

const READERS: Readonly<Record<Ranked, Read>> = {
  BOOL: (view, at) => view.getUint8(at),
  UINT8: (view, at) => view.getUint8(at),
  INT8: (view, at) => view.getInt8(at),
  UINT16: (view, at) => view.getUint16(at, true),
  INT16: (view, at) => view.getInt16(at, true),
  UINT32: (view, at) => view.getUint32(at, true),
  INT32: (view, at) => view.getInt32(at, true),
  UINT64: (view, at) => view.getBigUint64(at, true),
  INT64: (view, at) => view.getBigInt64(at, true),
  FP32: (view, at) => view.getFloat32(at, true),
  FP64: (view, at) => view.getFloat64(at, true),
};

/** True when some output is to come as its highest classes. */
export function wantsClasses({ outputs }: InferenceRequest): boolean {
  return outputs?.some(({ classificationCount }) => classificationCount > 0) ?? false;
}

/**
 * Refuses, before the request is queued, what the model's description says cannot be ranked. Dimensions that are open are
 * looked at in the result. Throws INVALID_ARGUMENT.
 */
export function checkClassification(
  { inputs, outputs }: InferenceRequest,
  specs: readonly TensorSpec[],
  batchable: boolean,
): void {
  const rows = batchable ? (inputs[0]?.shape[0] ?? 1) : 1;
  for (const { name, classificationCount } of outputs ?? []) {
    const spec = specs.find((one) => one.name === name);
    if (classificationCount === 0 || !spec) continue;
    const inner = batchable ? spec.shape.slice(1) : spec.shape;
    const known = inner.includes(-1) ? 0 : elementCount(inner) * rows;
    checkRanked(name, spec.datatype, known);
  }
}

/** The result with each output that is asked for as classes replaced by them. */
export function classifyOutputs(
  request: InferenceRequest,
  result: InferenceResult,
  { batchable, labelsOf }: { batchable: boolean; labelsOf: (output: string) => readonly string[] | null },
): InferenceResult {
  const counts = new Map(request.outputs?.map((output) => [output.name, output.classificationCount]));
  const outputs = result.outputs.map((tensor) => {
    const count = counts.get(tensor.name) ?? 0;
    return count === 0 ? tensor : classify(tensor, { count, batchable, labels: labelsOf(tensor.name) });
  });
  return { ...result, outputs };
}

export interface Classification {
  /** Classes wanted per row; all when there are fewer. */
  readonly count: number;
  /** True: dimension 0 is the batch, and each row is ranked by itself. */
  readonly batchable: boolean;
  /** Line i names class i; null: the model has no labels for this output. */
  readonly labels: readonly string[] | null;
}

/**
 * The highest `count` elements as BYTES of shape `[count]`, or `[rows, count]` of a batch: `value:index` or `value:index:label`,
 * highest first, equal ones by index, NaN last. Throws INVALID_ARGUMENT for FP16, BF16, BYTES and too many elements.
 */
export function classify(
  { name, datatype, shape, data }: NamedTensor,
  { count, batchable, labels }: Classification,
): NamedTensor {
  const type = checkRanked(name, datatype, elementCount(shape));
  const rows = batchable ? (shape[0] ?? 1) : 1;
  const classes = elementCount(batchable ? shape.slice(1) : shape);
  const kept = Math.min(count, classes);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const elementBytes = ELEMENT_BYTES[type] ?? 1;
  const texts: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    const valueAt = (index: number) => READERS[type](view, (row * classes + index) * elementBytes);
    for (const index of highest(classes, kept, valueAt))
      texts.push(Buffer.from(classText(valueAt(index), type, index, labels)));
  }
  const outer = batchable && shape.length > 0 ? [rows] : [];
  return { name, datatype: 'BYTES', shape: [...outer, kept], data: encodeBytesElements(texts) };
}

function checkRanked(name: string, datatype: Datatype, elements: number): Ranked {
  if (datatype === 'FP16' || datatype === 'BF16' || datatype === 'BYTES')
    throw invalid(
      `output "${name}": classification of ${datatype} is not possible; ask for the output itself`,
    );
  if (elements > CLASSIFIED_ELEMENT_LIMIT)
    throw invalid(
      `output "${name}": classification is possible up to ${CLASSIFIED_ELEMENT_LIMIT} elements, it has ${elements}`,
    );
  return datatype;
}

/** Indices of the `kept` highest of `classes` values, highest first. */
function highest(classes: number, kept: number, valueAt: (index: number) => number | bigint): number[] {
  const before = (a: number, b: number) => {
    const [left, right] = [valueAt(a), valueAt(b)];
    if (left > right) return -1;
    if (left < right) return 1;
    return nanLast(left, right) || a - b;
  };
  if (kept > FEW_CLASSES)
    return Array.from({ length: classes }, (_, i) => i)
      .sort(before)
      .slice(0, kept);
  const best: number[] = [];
  for (let index = 0; index < classes; index++) {
    const last = best.at(-1);
    if (best.length === kept && (last === undefined || before(index, last) > 0)) continue;
    let place = best.length;
    while (place > 0 && before(index, best[place - 1] ?? 0) < 0) place--;
    best.splice(place, 0, index);
    if (best.length > kept) best.pop();
  }
  return best;
}

function nanLast(left: number | bigint, right: number | bigint): number {
  return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
}

function classText(
  value: number | bigint,
  datatype: Ranked,
  index: number,
  labels: readonly string[] | null,
): string {
  const isFloat = datatype === 'FP32' || datatype === 'FP64';
  const label = labels?.[index];
  const text = isFloat ? sixDecimals(Number(value)) : String(value);
  return label === undefined ? `${text}:${index}` : `${text}:${index}:${label}`;
}

/** As C's `%f` writes it: what is not finite in small letters, large ones in full, ties to the even digit. */
export function sixDecimals(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`;
  const text = Object.is(value, -0) ? '-0.000000' : value.toFixed(6);
  const signed = value < 0 && !text.startsWith('-') ? `-${text}` : text;
  // Half of the last digit stands exactly only in odd multiples of 1/128; toFixed then rounds away from zero.
  const isTie = Math.abs(value * 128) % 2 === 1;
  const last = Number(signed.at(-1));
  return isTie && last % 2 === 1 ? signed.slice(0, -1) + (last - 1) : signed;
}
