import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { EngineError } from '../base';
import type { TensorSpec } from '../contract';
import { judgeBatchability } from './batchability';
import { checkExternalData, type ExternalFile } from './external-data';
import { type GraphMemory, graphMemory } from './memory/graph-memory';
import { tensorSpec } from './onnx-types';
import { emptyWalk, type OnnxWalk, OnnxWalker } from './onnx-walk';
import { WireError, WireReader } from './wire-reader';

/** What an ONNX file says about itself. */
export interface OnnxFacts {
  readonly irVersion: number;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly producer: string;
  readonly nodeCount: number;
  /** How often each operator occurs, subgraphs and functions included. */
  readonly operators: ReadonlyMap<string, number>;
  /** What a request must bring; inputs with a default in the file (initializers) are not among them. */
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Names of inputs and outputs without a shape in the file; their `shape` reads `[]`. */
  readonly unranked: readonly string[];
  /** Inputs with a value of their own in the file (IR version 4 and later; before, that is how weights are written). */
  readonly defaulted: readonly string[];
  readonly externalFiles: readonly ExternalFile[];
  /** Initializers and constants, inside and outside the file, bytes. */
  readonly weightBytes: number;
  /** The ONNX file and its external files, bytes. */
  readonly fileSizeBytes: number;
  /** What a session of it takes, by its graph. */
  readonly memory: GraphMemory;
  readonly batchable: boolean;
  readonly batchingNote: string | null;
}

/**
 * What onnxruntime-node 1.30 loads, found by loading models of each version: beyond these it refuses ("only guarantees
 * support for models stamped with official released onnx opset versions", "Unsupported model IR version"). A test
 * loads both sides of each limit, so an update of the runtime that moves them is noticed.
 */
export const RUNTIME_LIMITS = {
  irVersion: 13,
  opset: { '': 26, 'ai.onnx.ml': 5, 'com.microsoft': 1 } as Readonly<Record<string, number>>,
} as const;

/** protobuf cannot hold more in one message, so no runtime can load it. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/**
 * Reads an ONNX file without loading its weights and checks all that would make the runtime fail or read what is not the
 * model's: versions, types, external data in every tensor field.
 *
 * Errors: MODEL_INVALID with the file's name and what is wrong; NOT_FOUND when there is no such file.
 */
export async function readOnnxFile(path: string): Promise<OnnxFacts> {
  const name = basename(path);
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    throw new EngineError(
      missing ? 'NOT_FOUND' : 'MODEL_INVALID',
      `"${name}" cannot be read: ${error.message}`,
      { cause: error },
    );
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new EngineError('MODEL_INVALID', `it is not a file`);
    if (stats.size === 0)
      throw new EngineError('MODEL_INVALID', 'the file is empty. Copy or export it again');
    const head = Buffer.alloc(Math.min(64, stats.size));
    await handle.read(head, 0, head.length, 0);
    refuseOtherFormats(head);
    if (stats.size > MAX_FILE_BYTES) {
      throw new EngineError(
        'MODEL_INVALID',
        `it has ${stats.size} bytes, an ONNX file can have ${MAX_FILE_BYTES}. Save it with its weights as external data`,
      );
    }
    const found = await walkModel(new WireReader(handle, stats.size));
    return await factsOf(path, stats.size, found);
  } catch (error) {
    if (error instanceof EngineError)
      throw new EngineError(error.code, `"${name}": ${error.message}`, { cause: error });
    throw error;
  } finally {
    await handle.close();
  }
}

async function walkModel(reader: WireReader): Promise<OnnxWalk> {
  const found = emptyWalk();
  try {
    await new OnnxWalker(reader, found).model();
  } catch (error) {
    if (error instanceof WireError) throw wireFault(error, found, reader.size);
    throw error;
  }
  if (found.irVersion === null || found.graphs === 0) {
    throw new EngineError(
      'MODEL_INVALID',
      `not an ONNX file: it has no ${found.irVersion === null ? 'IR version' : 'graph'}`,
    );
  }
  return found;
}

/** In words: a file that never looked like ONNX, one that was cut off, or one that is damaged inside. */
function wireFault(error: WireError, found: OnnxWalk, size: number): EngineError {
  if (found.irVersion === null)
    return new EngineError('MODEL_INVALID', `not an ONNX file (at byte ${error.at}: ${error.message})`);
  // Top-level fields are bounded by the file itself, so this one would go on beyond its end.
  if (error.kind === 'past-end' && found.graphs === 0) {
    return new EngineError(
      'MODEL_INVALID',
      `truncated: the file ends at byte ${size}, in the middle of its graph or before it (${error.message}). Copy or download it again`,
    );
  }
  if (error.kind === 'past-end' && error.at === size) {
    return new EngineError(
      'MODEL_INVALID',
      `truncated at byte ${size} (${error.message}). Copy or download it again`,
    );
  }
  return new EngineError(
    'MODEL_INVALID',
    `damaged at byte ${error.at}: ${error.message}. Copy or export it again`,
  );
}

const OTHER_FORMATS: readonly (readonly [test: (head: Buffer) => boolean, what: string])[] = [
  [
    (head) => head.toString('latin1').startsWith('version https://git-lfs'),
    'a Git LFS pointer; fetch the real file with "git lfs pull"',
  ],
  [
    (head) => head.toString('latin1', 0, 4) === 'PK\x03\x04',
    'a zip archive (a PyTorch checkpoint?); export it with torch.onnx.export',
  ],
  [
    (head) => head.toString('latin1', 4, 8) === 'ORTM',
    "in ONNX Runtime's ORT format; use the .onnx file it was made from",
  ],
  [(head) => head.toString('latin1', 0, 4) === 'GGUF', 'a GGUF file (llama.cpp)'],
  [(head) => head.toString('latin1', 4, 8) === 'TFL3', 'a TensorFlow Lite file; convert it with tf2onnx'],
  [(head) => head.toString('latin1', 1, 4) === 'HDF', 'an HDF5 file (Keras); convert it with tf2onnx'],
  [(head) => /^\s*<(!doctype|html)/i.test(head.toString('latin1')), 'a web page; the download went wrong'],
];

function refuseOtherFormats(head: Buffer): void {
  const other = OTHER_FORMATS.find(([test]) => test(head));
  if (other) throw new EngineError('MODEL_INVALID', `not an ONNX file: it is ${other[1]}`);
}

async function factsOf(path: string, sizeBytes: number, found: OnnxWalk): Promise<OnnxFacts> {
  const irVersion = found.irVersion ?? 0;
  checkVersions(irVersion, found.opsets);
  const required = found.inputs.filter((value) => !found.initializers.has(value.name));
  const inputs = required.map((value) => tensorSpec('input', value));
  const outputs = found.outputs.map((value) => tensorSpec('output', value));
  if (outputs.length === 0) throw new EngineError('MODEL_INVALID', 'its graph has no outputs');
  refuseDuplicates('input', inputs);
  refuseDuplicates('output', outputs);
  const { files, referencedBytes } = await checkExternalData(path, found.external);
  const unranked = [...required, ...found.outputs]
    .filter((value) => value.shape === null)
    .map((value) => value.name);
  return {
    irVersion,
    opsets: found.opsets,
    producer: [found.producerName, found.producerVersion].filter((part) => part !== '').join(' '),
    nodeCount: found.nodeCount,
    operators: found.operators,
    inputs,
    outputs,
    unranked,
    defaulted: irVersion < 4 ? [] : defaultedInputs(found),
    externalFiles: files,
    weightBytes: found.weightBytes + referencedBytes,
    memory: graphMemory(found.outline, found.weightBytes + referencedBytes, required, found.outputs),
    fileSizeBytes: sizeBytes + files.reduce((sum, file) => sum + file.sizeBytes, 0),
    ...judgeBatchability(inputs, outputs, found.operators, unranked),
  };
}

function defaultedInputs({ inputs, initializers }: OnnxWalk): readonly string[] {
  return inputs.filter(({ name }) => initializers.has(name)).map(({ name }) => name);
}

function checkVersions(irVersion: number, opsets: OnnxFacts['opsets']): void {
  if (irVersion < 1 || irVersion > RUNTIME_LIMITS.irVersion) {
    throw new EngineError(
      'MODEL_INVALID',
      `IR version ${irVersion}; this build supports up to ${RUNTIME_LIMITS.irVersion}. Export with an older onnx package`,
    );
  }
  if (opsets.length === 0)
    throw new EngineError(
      'MODEL_INVALID',
      'it names no opset; the end of the file may be missing. Copy or export it again',
    );
  for (const { domain, version } of opsets) {
    const limit = RUNTIME_LIMITS.opset[domain === 'ai.onnx' ? '' : domain];
    if (version >= 1 && (limit === undefined || version <= limit)) continue;
    const shown = domain === '' ? 'ai.onnx' : domain;
    throw new EngineError(
      'MODEL_INVALID',
      `opset ${version} of domain "${shown}"; this build supports up to ${limit ?? 'any from 1'}. Export with opset_version=${limit ?? 1} or lower`,
    );
  }
}

function refuseDuplicates(role: string, specs: readonly TensorSpec[]): void {
  const names = new Set<string>();
  for (const { name } of specs) {
    if (name === '') throw new EngineError('MODEL_INVALID', `an ${role} has no name`);
    if (names.has(name)) throw new EngineError('MODEL_INVALID', `two ${role}s are called "${name}"`);
    names.add(name);
  }
}
