import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { elementCount, encodeBytesElements, type NamedTensor, type Tensor } from '../../tensor';
import { failure, usageError } from '../cli-error';
import { type CommandValues, quoted } from '../command-values';
import type { ModelDescription, TensorMetadata } from '../v2-client';
import { castTensor, tensorOfNumbers } from './elements';
import { decodeImage, imageValues } from './image';
import { imageForm } from './image-form';
import { checkSize, shapesOf, unknownInput } from './input-shapes';
import { tensorOfJson, tensorsOfRequest } from './json-tensor';
import { readNpy } from './npy';
import { fitShape, reshaped } from './shape-fit';

export interface InputsSource {
  readonly model: ModelDescription;
  readonly values: CommandValues;
  /** Relative names of files start here. */
  readonly cwd: string;
  /** Names of inputs that may be left out. */
  readonly optional: ReadonlySet<string>;
}

const RANDOM = 'random';
/** Made-up data is not meant to be larger than what a server accepts. */
const RANDOM_LIMIT_BYTES = 1024 ** 3;

/**
 * The inputs of a request from `--input`, `--shape` and what goes with them.
 *
 * Errors: usage errors for words that name nothing; CliErrors for data that does not fit.
 */
export async function readInputs(source: InputsSource): Promise<readonly NamedTensor[]> {
  const { model, values, optional } = source;
  const given = values.list('input');
  const whole =
    given.length === 1 && isUnnamedJsonFile(given[0] ?? '', model) ? await wholeRequest(source) : null;
  if (whole) return whole;
  const texts = new Map<string, string>();
  for (const text of given) {
    for (const [name, value] of namedValues(text, source)) {
      if (texts.has(name)) throw usageError(`--input: "${name}" is given twice`);
      texts.set(name, value);
    }
  }
  const missing = model.inputs.filter(({ name }) => !texts.has(name) && !optional.has(name));
  if (missing.length > 0) throw usageError(missingText(missing, model));
  const shapes = shapesOf(model, values);
  const tensors: NamedTensor[] = [];
  for (const spec of model.inputs) {
    const text = texts.get(spec.name);
    if (text !== undefined) tensors.push(await readInput(text, spec, shapes.get(spec.name) ?? null, source));
  }
  return tensors;
}

function missingText(missing: readonly TensorMetadata[], model: ModelDescription): string {
  const list = missing
    .map(({ name, datatype, shape }) => `"${name}" (${datatype} [${shape.join(', ')}])`)
    .join(', ');
  const example = model.inputs.length === 1 ? 'VALUE' : `${missing[0]?.name}=VALUE`;
  return `no data for ${list}: give --input ${example}, where VALUE is FILE.npy, FILE.json, a PNG or JPEG file, JSON, or "random"`;
}

/** "name=VALUE"; a bare VALUE is for the only input, and a bare "random" for all that are not named. */
function namedValues(text: string, { model, values }: InputsSource): [string, string][] {
  const named = model.inputs.find(({ name }) => text.startsWith(`${name}=`));
  if (named) return [[named.name, text.slice(named.name.length + 1)]];
  const [, word] = /^([^=[{"\s]+)=/.exec(text) ?? [];
  const names = model.inputs.map(({ name }) => name);
  if (word !== undefined) throw usageError(`--input: ${unknownInput(word, names)}`);
  if (text === RANDOM) {
    const others = values.list('input').filter((other) => other !== text);
    return names
      .filter((name) => !others.some((other) => other.startsWith(`${name}=`)))
      .map((name) => [name, text]);
  }
  if (names.length === 1) return [[names[0] ?? '', text]];
  throw usageError(
    `--input: ${quoted(text)} names no input; write NAME=VALUE with one of ${names.join(', ')}`,
  );
}

const isUnnamedJsonFile = (text: string, { inputs }: ModelDescription): boolean =>
  /\.json$/i.test(text) && !inputs.some(({ name }) => text.startsWith(`${name}=`));

/** A file that holds a request, `{"inputs": […]}`; null when it holds something else. */
async function wholeRequest({ values, cwd }: InputsSource): Promise<readonly NamedTensor[] | null> {
  const path = values.list('input')[0] ?? '';
  const text = Buffer.from(await fileBytes(path, cwd)).toString('utf8');
  return /^\s*\{/.test(text) ? tensorsOfRequest(`--input ${path}`, text) : null;
}

async function readInput(
  text: string,
  spec: TensorMetadata,
  shape: readonly number[] | null,
  source: InputsSource,
): Promise<NamedTensor> {
  const label = `input "${spec.name}"`;
  if (text === RANDOM) return randomInput(spec, shape, source.values);
  if (/\.npy$/i.test(text)) {
    const tensor = readNpy(`${label}: ${text}`, await fileBytes(text, source.cwd));
    return named(spec, fitted(label, sameDatatype(label, tensor, spec, source.values), spec, shape));
  }
  if (/\.json$/i.test(text)) {
    const json = Buffer.from(await fileBytes(text, source.cwd)).toString('utf8');
    return tensorOfJson(label, json, spec, shape);
  }
  if (/\.(png|jpe?g)$/i.test(text)) return imageInput(label, text, spec, shape, source);
  if (spec.datatype === 'BYTES' && !text.trimStart().startsWith('[')) {
    const data = encodeBytesElements([Buffer.from(text)]);
    return named(spec, fitted(label, { datatype: 'BYTES', shape: [1], data }, spec, shape));
  }
  if (/^\s*(\[|"|-?\d|true|false|NaN|-?Infinity)/.test(text)) return tensorOfJson(label, text, spec, shape);
  throw usageError(
    `${label}: ${quoted(text)} is neither a file (.npy, .json, .png, .jpg), nor JSON such as [1, 2.5], nor "${RANDOM}"`,
  );
}

const named = ({ name }: TensorMetadata, tensor: Tensor): NamedTensor => ({ name, ...tensor });

function fitted(
  label: string,
  tensor: Tensor,
  spec: TensorMetadata,
  shape: readonly number[] | null,
): Tensor {
  const sent =
    shape === null ? fitShape(label, tensor.shape, spec) : reshaped(label, elementCount(tensor.shape), shape);
  return { ...tensor, shape: sent };
}

function sameDatatype(label: string, tensor: Tensor, spec: TensorMetadata, values: CommandValues): Tensor {
  if (tensor.datatype === spec.datatype) return tensor;
  if (values.has('cast')) return castTensor(label, tensor, spec.datatype);
  throw failure(
    `${label}: the file holds ${tensor.datatype}, the model takes ${spec.datatype}; convert it with --cast, or save it as such`,
  );
}

/** The load test's made-up values: the same for the same `--seed`. */
async function randomInput(
  spec: TensorMetadata,
  shape: readonly number[] | null,
  values: CommandValues,
): Promise<NamedTensor> {
  const { createRandom, makeInput } = await import('../../loadtest');
  const seed = values.integer('seed', { min: 0, max: 0xffff_ffff }) ?? 1;
  const dims = shape ?? spec.shape.map((dim) => (dim < 0 ? 1 : dim));
  checkSize(`input "${spec.name}"`, spec.datatype, dims, RANDOM_LIMIT_BYTES);
  const full = { ...spec, dimNames: [], optional: false };
  const { values: made } = makeInput(full, dims, createRandom(seed));
  const data = new Uint8Array(made.buffer, made.byteOffset, made.byteLength);
  return { name: spec.name, datatype: spec.datatype, shape: dims, data };
}

async function imageInput(
  label: string,
  path: string,
  spec: TensorMetadata,
  shape: readonly number[] | null,
  { cwd, values }: InputsSource,
): Promise<NamedTensor> {
  const bytes = await fileBytes(path, cwd);
  const { datatype } = spec;
  // A model that takes text or bytes decodes the picture itself.
  if (datatype === 'BYTES')
    return named(
      spec,
      fitted(label, { datatype, shape: [1], data: encodeBytesElements([bytes]) }, spec, shape),
    );
  const image = await decodeImage(`${label}: ${path}`, bytes);
  const { form, shape: dims } = imageForm(label, image, spec, shape, values);
  const pixels = imageValues(image, form);
  const isWhole = !['FP16', 'BF16', 'FP32', 'FP64'].includes(datatype);
  return named(spec, tensorOfNumbers(label, datatype, dims, isWhole ? pixels.map(Math.round) : pixels));
}

async function fileBytes(path: string, cwd: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(cwd, path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw failure(`${path}: ${code === 'ENOENT' ? 'there is no such file' : message}`, error);
  }
}
