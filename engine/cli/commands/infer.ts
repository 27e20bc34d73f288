import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { toEngineError } from '../../base';
import { type DecodedInferResponse, decodeInferResponse, encodeInferRequest } from '../../protocol';
import { elementCount, type NamedTensor } from '../../tensor';
import { EXIT, failure, usageError } from '../cli-error';
import type { Command, CommandContext, Option } from '../command';
import { type CommandValues, quoted } from '../command-values';
import { COMMON_OPTIONS, ENGINE_OPTIONS } from '../common-options';
import { refusedIsNull } from '../model-rows';
import { type ServerTimes, statisticsOf, timesOfVersion, timeText } from '../server-times';
import { describeTensor } from '../tensors/describe-tensor';
import { elementsOf } from '../tensors/elements';
import { writeNpy } from '../tensors/npy';
import { readInputs } from '../tensors/read-inputs';
import type { ModelDescription, V2Client } from '../v2-client';

const REPEAT_LIMIT = 1_000_000;

const OPTIONS: readonly Option[] = [
  { name: 'input', value: '[NAME=]VALUE', summary: 'data of an input', repeats: true, completes: 'file' },
  { name: 'shape', value: '[NAME=]N,N', summary: 'shape of an input, the batch included', repeats: true },
  { name: 'version', value: 'N', summary: 'version of the model; the newest that is ready if not given' },
  { name: 'output', value: 'NAME', summary: 'output to ask for; all if not given', repeats: true },
  {
    name: 'save',
    value: '[NAME=]FILE.npy',
    summary: 'write an output to a file',
    repeats: true,
    completes: 'file',
  },
  { name: 'repeat', value: 'N', summary: 'send the request N times, one after the other' },
  { name: 'cast', value: null, summary: 'convert the numbers of a .npy file to the datatype of the model' },
  {
    name: 'layout',
    value: 'nchw|nhwc',
    summary: 'of a picture; as the shape of the input says if not given',
    completes: ['nchw', 'nhwc'],
  },
  { name: 'scale', value: 'X', summary: 'divide each value of a picture (0 to 255) by X' },
  { name: 'mean', value: 'X,X,X', summary: 'then take this away, one number or one for each channel' },
  { name: 'std', value: 'X,X,X', summary: 'then divide by this' },
  { name: 'seed', value: 'N', summary: 'of random data, which is the same for the same seed' },
  { name: 'json-tensors', value: null, summary: 'send and receive tensors as JSON, not as bytes' },
];

export const inferCommand: Command = {
  name: 'infer',
  summary: 'send a request to a model and show what comes back',
  positionals: [{ name: 'MODEL', completes: 'model' }],
  options: [...OPTIONS, ...ENGINE_OPTIONS, ...COMMON_OPTIONS],
  notes: [
    'VALUE is one of',
    '  FILE.npy           an array that numpy.save wrote',
    '  FILE.json          an array, nested or flat; or a whole request, {"inputs": [...]}',
    '  FILE.png, .jpg     a picture, resized (bilinear) to what the model takes',
    '  random             made-up data; without NAME for every input that is not given',
    '  [1, 2.5], 7        JSON itself; for BYTES also plain text',
    'NAME= may be left out where the model has one input.',
    '',
    'Example: ferry infer resnet --input cat.jpg --scale 255 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225',
  ],
  run: async (context) => {
    const { positionals, values, engine, show } = context;
    const [name = ''] = positionals;
    const version = versionOf(values);
    const repeat = values.integer('repeat', { min: 1, max: REPEAT_LIMIT }) ?? 1;
    const client = await engine.inference();
    const model = await client.model(name, version);
    const saves = savesOf(values, model);
    const inputs = await readInputs({
      model,
      values,
      cwd: context.cwd,
      optional: await optionalOf(client, model),
    });
    const form = { outputs: values.list('output'), binary: !values.has('json-tensors') };
    const request = inferRequest(inputs, form);
    const before = await statisticsOf(client, name);
    const timesMs: number[] = [];
    let answer: DecodedInferResponse | null = null;
    for (let i = 0; i < repeat; i++) {
      const startedMs = performance.now();
      const { body, headerLength } = await client.infer(name, version, request.body, request.headerLength);
      timesMs.push(performance.now() - startedMs);
      if (i === repeat - 1) answer = readAnswer(client, body, headerLength);
    }
    if (answer === null) throw failure('nothing was sent');
    const server = timesOfVersion(before, await statisticsOf(client, name), answer.version);
    await saveOutputs(saves, answer, context);
    const result: InferResult = {
      model: name,
      version: answer.version,
      outputs: answer.outputs,
      timesMs,
      server,
    };
    show(resultJson(result), () => resultText(result));
    return EXIT.ok;
  },
};

interface InferResult {
  readonly model: string;
  readonly version: string;
  readonly outputs: readonly NamedTensor[];
  readonly timesMs: readonly number[];
  readonly server: ServerTimes | null;
}

function versionOf(values: CommandValues): string | null {
  const version = values.text('version');
  if (version === null || /^\d{1,18}$/.test(version)) return version;
  throw usageError(`--version: ${quoted(version)} is not a whole number`);
}

/** Inputs that the configuration calls optional; the metadata does not say. */
async function optionalOf(
  client: V2Client,
  { name, inputs }: ModelDescription,
): Promise<ReadonlySet<string>> {
  if (inputs.length < 2) return new Set();
  const config = await client.config(name).catch(refusedIsNull);
  const listed = Array.isArray(config?.input)
    ? (config.input as { name?: string; optional?: boolean }[])
    : [];
  return new Set(listed.flatMap((input) => (input.optional === true && input.name ? [input.name] : [])));
}

/** File by output name; refused before anything is sent when it cannot be meant. */
function savesOf(values: CommandValues, { outputs }: ModelDescription): ReadonlyMap<string, string> {
  const asked = values.list('output');
  const names = asked.length > 0 ? asked : outputs.map(({ name }) => name);
  return new Map(
    values.list('save').map((text) => {
      const name = names.find((candidate) => text.startsWith(`${candidate}=`));
      const path = name === undefined ? text : text.slice(name.length + 1);
      if (!/\.npy$/i.test(path)) throw usageError(`--save: ${quoted(path)} must end with .npy`);
      if (name === undefined && names.length !== 1)
        throw usageError(
          `--save: ${quoted(text)} names no output; write NAME=FILE.npy with one of ${names.join(', ')}`,
        );
      return [name ?? names[0] ?? '', path];
    }),
  );
}

function inferRequest(inputs: readonly NamedTensor[], form: Parameters<typeof encodeInferRequest>[1]) {
  try {
    return encodeInferRequest(inputs, form);
  } catch (error) {
    throw failure(toEngineError(error).message, error);
  }
}

function readAnswer(client: V2Client, body: Uint8Array, headerLength: number | null): DecodedInferResponse {
  try {
    return decodeInferResponse({ body, headerLength });
  } catch (error) {
    throw failure(`the answer of ${client.url} cannot be read: ${toEngineError(error).message}`, error);
  }
}

async function saveOutputs(
  saves: ReadonlyMap<string, string>,
  { outputs }: DecodedInferResponse,
  { cwd, terminal }: CommandContext,
): Promise<void> {
  for (const [name, path] of saves) {
    const tensor = outputs.find((output) => output.name === name);
    if (!tensor) throw failure(`the answer has no output "${name}" to save`);
    const file = writeNpy(tensor);
    await writeFile(resolve(cwd, path), file).catch((error: Error) => {
      throw failure(`${path} cannot be written: ${error.message}`, error);
    });
    terminal.note(`${name} is in ${path}`);
  }
}

function resultJson({ outputs, ...rest }: InferResult) {
  const asJson = (tensor: NamedTensor) => {
    const { name, datatype, shape } = tensor;
    return { name, datatype, shape, data: elementsOf(tensor, elementCount(shape)) };
  };
  return { ...rest, outputs: outputs.map(asJson) };
}

function resultText({ model, version, outputs, timesMs, server }: InferResult): string {
  const lines = [`${model}${version === '' ? '' : ` version ${version}`}: ${timesText(timesMs)}`];
  if (server !== null && server.requests > 0) {
    const { requests, executions, inferences } = server;
    lines.push(
      `server: ${counted(requests, 'request')}, ${counted(inferences, 'row')} in ${counted(executions, 'run')}; mean queue ${timeText(server.queueUs)}, compute ${timeText(server.computeInferUs)}`,
    );
  }
  return [...lines, '', ...outputs.map(describeTensor)].join('\n');
}

function timesText(timesMs: readonly number[]): string {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const us = (ms = 0): string => timeText(ms * 1000);
  if (sorted.length === 1) return `answered in ${us(sorted[0])}`;
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  return `${sorted.length} answers in ${us(sorted[0])} to ${us(sorted.at(-1))}, median ${us(median)}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
