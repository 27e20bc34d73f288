import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editModelConfig, type ModelConfig, writeModelConfig } from '../../engine/config';
import { identityModel, type OnnxDim } from '../../engine/testing/onnx-writer';

/**
 * Writes a repository by Ferry's own writer of configurations, twice: DIR/ferry, and DIR/triton where only the backend is another,
 * since the packaged Triton has Python's alone.
 *
 *   npx tsx e2e/interop/write-repository.ts DIR
 */
interface WrittenModel {
  readonly name: string;
  readonly config: ModelConfig;
  /** As a person wrote it; what `config` has more is edited into it. */
  readonly byHand?: string;
  readonly versions?: readonly number[];
  /** Of the ONNX file, beside the rows. */
  readonly inner?: readonly OnnxDim[];
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

const oneToOne: ModelConfig = {
  max_batch_size: 8,
  input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [4] }],
  output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [4] }],
  instance_group: [{ name: 'cpu', count: 1, kind: 'KIND_CPU' }],
};

const MODELS: readonly WrittenModel[] = [
  {
    name: 'preferred_sizes',
    config: {
      ...oneToOne,
      dynamic_batching: {
        preferred_batch_size: [4, 8],
        max_queue_delay_microseconds: 1500,
        preserve_ordering: true,
      },
    },
  },
  {
    name: 'queue_policies',
    config: {
      ...oneToOne,
      dynamic_batching: {
        max_queue_delay_microseconds: 100,
        priority_levels: 3,
        default_priority_level: 2,
        default_queue_policy: {
          timeout_action: 'DELAY',
          default_timeout_microseconds: 2_000_000,
          allow_timeout_override: true,
          max_queue_size: 64,
        },
        priority_queue_policy: {
          1: { max_queue_size: 16 },
          3: { timeout_action: 'REJECT', default_timeout_microseconds: 9_000_000, max_queue_size: 128 },
        },
      },
    },
  },
  {
    name: 'latest_versions',
    versions: [1, 2, 3],
    config: { ...oneToOne, version_policy: { latest: { num_versions: 2 } } },
  },
  {
    name: 'specific_versions',
    versions: [1, 2, 3],
    config: { ...oneToOne, version_policy: { specific: { versions: [1, 3] } } },
  },
  {
    name: 'instances',
    config: {
      ...oneToOne,
      instance_group: [
        {
          name: 'first',
          count: 1,
          kind: 'KIND_CPU',
          rate_limiter: {
            resources: [
              { name: 'bandwidth', count: 4 },
              { name: 'license', global: true, count: 1 },
            ],
            priority: 2,
          },
        },
        { name: 'second', count: 1, kind: 'KIND_CPU' },
      ],
    },
  },
  {
    name: 'warm_up',
    config: {
      ...oneToOne,
      model_warmup: [
        {
          name: 'zeros',
          batch_size: 1,
          inputs: { x: { data_type: 'TYPE_FP32', dims: [4], zero_data: true } },
          count: 2,
        },
        {
          name: 'noise',
          batch_size: 8,
          inputs: { x: { data_type: 'TYPE_FP32', dims: [4], random_data: true } },
        },
        {
          name: 'file',
          batch_size: 2,
          inputs: { x: { data_type: 'TYPE_FP32', dims: [4], input_data_file: 'row' } },
        },
      ],
    },
    files: { 'warmup/row': new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) },
  },
  {
    name: 'parameters',
    config: {
      ...oneToOne,
      parameters: {
        intra_op_thread_count: { string_value: '1' },
        'a key of "its own"': { string_value: 'line\nbreak, tab\tand \\ and ü' },
        empty: { string_value: '' },
      },
      metric_tags: { team: 'vision', stage: 'test' },
      optimization: { graph: { level: 1 }, priority: 'PRIORITY_MAX', input_pinned_memory: { enable: true } },
    },
  },
  {
    name: 'labels',
    config: {
      ...oneToOne,
      output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [4], label_filename: 'labels.txt' }],
    },
    files: { 'labels.txt': 'cat\ndog\nfox\nowl\n' },
  },
  {
    name: 'not_batched',
    config: { ...oneToOne, max_batch_size: 0, input: [dims(2, -1)], output: [{ ...dims(2, -1), name: 'y' }] },
    inner: [2, 'n'],
  },
  {
    name: 'reshaped',
    config: {
      ...oneToOne,
      input: [{ ...dims(4), reshape: { shape: [2, 2] } }],
      output: [{ ...dims(4), name: 'y', reshape: { shape: [2, 2] } }],
    },
    inner: [2, 2],
  },
  {
    name: 'edited',
    config: {
      ...oneToOne,
      max_batch_size: 4,
      dynamic_batching: { preferred_batch_size: [2, 4], max_queue_delay_microseconds: 250 },
    },
    byHand: `# Agreed with the team; ask before you change it.
max_batch_size: 16  # was 32
input { name: "x", data_type: TYPE_FP32, dims: 4 }
output [ { name: 'y' data_type: TYPE_FP32 dims: [4] } ]
dynamic_batching { }
`,
  },
];

function dims(...sizes: readonly number[]) {
  return { name: 'x', data_type: 'TYPE_FP32', dims: sizes } as const;
}

const here = dirname(fileURLToPath(import.meta.url));

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function writeModel(folder: string, side: 'ferry' | 'triton', model: WrittenModel): void {
  const { name, byHand, versions = [1], inner = [4], files = {} } = model;
  const config = { ...model.config, name, backend: side === 'ferry' ? 'onnxruntime' : 'python' };
  const text = byHand === undefined ? writeModelConfig(config) : editModelConfig(byHand, config);
  write(join(folder, side, name, 'config.pbtxt'), text);
  for (const [path, content] of Object.entries(files)) write(join(folder, side, name, path), content);
  const shape = (model.config.max_batch_size ?? 0) > 0 ? ['batch', ...inner] : inner;
  for (const version of versions) {
    const target = join(folder, side, name, String(version));
    if (side === 'ferry') write(join(target, 'model.onnx'), identityModel([{ datatype: 'FP32', shape }]));
    else {
      write(join(target, 'kind.json'), JSON.stringify({ kind: 'identity', seconds: 0 }));
      cpSync(join(here, 'triton_model.py'), join(target, 'model.py'));
    }
  }
}

const folder = process.argv[2];
if (folder === undefined) {
  console.error('Usage: npx tsx e2e/interop/write-repository.ts DIR');
  process.exitCode = 2;
} else {
  for (const model of MODELS)
    for (const side of ['ferry', 'triton'] as const) writeModel(folder, side, model);
}
