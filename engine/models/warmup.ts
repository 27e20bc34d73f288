import { randomBytes } from 'node:crypto';
import { open, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EngineError } from '../base';
import { type ConfigWarmup, type ConfigWarmupInput, wireDatatype } from '../config';
import type { TensorSpec } from '../contract';
import type { WarmingInstance } from '../instances';
import { bytesElementOffsets, ELEMENT_BYTES, elementCount, formatShape, type NamedTensor } from '../tensor';
import { requireInside } from './model-folder';
import { type Reshapes, toModelShapes } from './reshape';

/** What an instance runs before it takes requests. */
export interface WarmupSample {
  readonly name: string;
  /** How many times it is run. */
  readonly count: number;
  /** The inputs, to be copied for every run: a run takes the buffers with it. */
  readonly inputs: readonly NamedTensor[];
}

/** What samples have to fit. */
export interface WarmupTarget {
  readonly folder: string;
  readonly inputs: readonly TensorSpec[];
  readonly inputReshapes: Reshapes;
  /** Requests of the model are stacked: `dims` leave the batch dimension out. */
  readonly stacks: boolean;
  readonly maxBatchSize: number;
}

export const WARMUP_FOLDER = 'warmup';
const MAX_SAMPLES = 1000;
const MAX_COUNT = 10_000;
const MAX_SAMPLE_BYTES = 256 * 1024 * 1024;

/**
 * The samples of `model_warmup`, made ready. One with `batch_size` 0 is left out.
 *
 * Errors: MODEL_INVALID naming the sample, the input, and what is wrong with it.
 */
export async function readWarmup(
  stated: readonly ConfigWarmup[],
  target: WarmupTarget,
): Promise<readonly WarmupSample[]> {
  if (stated.length > MAX_SAMPLES)
    throw refuseConfig(`model_warmup has ${stated.length} samples; at most ${MAX_SAMPLES} are run`);
  const samples: WarmupSample[] = [];
  for (const one of stated) if ((one.batch_size ?? 0) > 0) samples.push(await readSample(one, target));
  return samples;
}

/** Runs all samples on an instance. Rejects with MODEL_INVALID naming the sample that fails. */
export async function warmUp(instance: WarmingInstance, samples: readonly WarmupSample[]): Promise<void> {
  for (const { name, count, inputs } of samples) {
    for (let i = 0; i < count; i++) {
      const copies = inputs.map((input) => ({ ...input, data: input.data.slice() }));
      await instance.run(copies, null).catch((error: Error) => {
        throw new EngineError('MODEL_INVALID', `warm-up sample "${name}" failed: ${error.message}`, {
          cause: error,
        });
      });
    }
  }
}

/** MODEL_INVALID about the model's configuration. */
export function refuseConfig(message: string): EngineError {
  return new EngineError('MODEL_INVALID', `config.pbtxt: ${message}`);
}

async function readSample(stated: ConfigWarmup, target: WarmupTarget): Promise<WarmupSample> {
  const { name = '', batch_size: rows = 0, count = 1, inputs: given = {} } = stated;
  const label = `model_warmup "${name}"`;
  const most = target.stacks ? target.maxBatchSize : 1;
  if (rows > most) throw refuseConfig(`${label}: batch_size is ${rows}; the model takes at most ${most}`);
  if (count > MAX_COUNT) throw refuseConfig(`${label}: count is ${count}; at most ${MAX_COUNT} are run`);
  const unknown = Object.keys(given).find((key) => !target.inputs.some((spec) => spec.name === key));
  if (unknown !== undefined) throw refuseConfig(`${label}: the model has no input "${unknown}"`);
  const inputs: NamedTensor[] = [];
  let bytes = 0;
  for (const spec of target.inputs) {
    const input = Object.hasOwn(given, spec.name) ? given[spec.name] : undefined;
    if (!input && spec.optional) continue;
    if (!input) throw refuseConfig(`${label}: input "${spec.name}" is missing; every input must be given`);
    const tensor = await readInput(
      `${label}: input "${spec.name}"`,
      input,
      spec,
      rows,
      target,
      MAX_SAMPLE_BYTES - bytes,
    );
    bytes += tensor.data.byteLength;
    inputs.push(tensor);
  }
  return { name, count: Math.max(1, count), inputs: toModelShapes(inputs, target.inputReshapes) };
}

async function readInput(
  label: string,
  input: ConfigWarmupInput,
  spec: TensorSpec,
  rows: number,
  { folder, stacks }: WarmupTarget,
  maxBytes: number,
): Promise<NamedTensor> {
  const datatype = input.data_type === undefined ? null : wireDatatype(input.data_type);
  if (datatype !== spec.datatype)
    throw refuseConfig(`${label} is ${input.data_type ?? 'of no data_type'}, the model has ${spec.datatype}`);
  const dims = input.dims ?? [];
  if (dims.some((dim) => dim < 1))
    throw refuseConfig(`${label}: dims are ${formatShape(dims)}; all must be at least 1`);
  const shape = stacks ? [rows, ...dims] : dims;
  const fits =
    shape.length === spec.shape.length &&
    spec.shape.every((dim, axis) => dim === -1 || dim === shape[axis] || (stacks && axis === 0));
  if (!fits)
    throw refuseConfig(
      `${label}: dims stand for ${formatShape(shape)}, the model takes ${formatShape(spec.shape)}`,
    );
  const count = elementCount(dims);
  const least = count * rows * (ELEMENT_BYTES[spec.datatype] ?? 4);
  if (least > maxBytes) throw refuseConfig(`${label}: the sample has more than ${MAX_SAMPLE_BYTES} bytes`);
  const row = await rowData(label, input, spec, count, folder, Math.floor(maxBytes / rows));
  const data = new Uint8Array(row.byteLength * rows);
  for (let i = 0; i < rows; i++) data.set(row, i * row.byteLength);
  return { name: spec.name, datatype: spec.datatype, shape, data };
}

/** The bytes of one row. */
async function rowData(
  label: string,
  input: ConfigWarmupInput,
  { datatype }: TensorSpec,
  count: number,
  folder: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const size = ELEMENT_BYTES[datatype];
  if (input.input_data_file !== undefined) {
    return readRowFile(label, join(folder, WARMUP_FOLDER), input.input_data_file, datatype, count, maxBytes);
  }
  if (input.random_data !== undefined) return randomRow(datatype, size, count);
  // Texts without characters are four zero bytes each, their lengths.
  if (input.zero_data !== undefined) return new Uint8Array(count * (size ?? 4));
  throw refuseConfig(`${label} has neither zero_data nor random_data nor input_data_file`);
}

/**
 * The bytes of one row of `count` elements from a file of the model's folder.
 *
 * @param maxBytes of texts; other datatypes have the size that they need
 * Errors: MODEL_INVALID for a file that is not there, leads out of `place`, or has another size.
 */
export async function readRowFile(
  label: string,
  place: string,
  file: string,
  datatype: TensorSpec['datatype'],
  count: number,
  maxBytes: number,
): Promise<Uint8Array> {
  const size = ELEMENT_BYTES[datatype];
  const data = await readDataFile(label, place, file, size === null ? maxBytes : size * count);
  if (size === null) checkStrings(label, data, count);
  else if (data.byteLength !== size * count)
    throw refuseConfig(`${label}: "${file}" has ${data.byteLength} bytes, ${size * count} are needed`);
  return data;
}

const RANDOM_TEXT_BYTES = 8;

function randomRow(datatype: TensorSpec['datatype'], size: number | null, count: number): Uint8Array {
  if (datatype === 'BOOL') return randomBytes(count).map((byte) => byte & 1);
  if (size !== null) return new Uint8Array(randomBytes(count * size));
  const data = new Uint8Array(count * (4 + RANDOM_TEXT_BYTES));
  for (let i = 0; i < count; i++) {
    const at = i * (4 + RANDOM_TEXT_BYTES);
    data[at] = RANDOM_TEXT_BYTES;
    data.set(Buffer.from(randomBytes(RANDOM_TEXT_BYTES / 2).toString('hex')), at + 4);
  }
  return data;
}

function checkStrings(label: string, data: Uint8Array, count: number): void {
  try {
    bytesElementOffsets(data, count, 'data');
  } catch (error) {
    throw refuseConfig(`${label}: ${(error as Error).message}`);
  }
}

async function readDataFile(
  label: string,
  place: string,
  file: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const shown = JSON.stringify(file.slice(0, 200));
  if (file.includes('\0')) throw refuseConfig(`${label}: ${shown} is not a file name`);
  const real = await realpath(join(place, file)).catch(() => {
    throw refuseConfig(`${label}: ${shown} is not in the model's folder "${basename(place)}"`);
  });
  await requireInside(await realpath(place), real, `${label}: ${shown}`);
  const handle = await open(real, 'r');
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw refuseConfig(`${label}: ${shown} is not a file`);
    if (stats.size > maxBytes)
      throw refuseConfig(`${label}: ${shown} has ${stats.size} bytes, at most ${maxBytes} are read`);
    return new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
}
