import type { Datatype } from '../../engine/contract';
import { doublingModel, identityModel, type OnnxDim, writeOnnx } from '../../engine/testing/onnx-writer';

/** What a version computes: `y = x`, `y = x + x`, or the sum and the difference of two inputs. */
type Kind = 'identity' | 'double' | 'add_sub';

export interface TestModel {
  readonly name: string;
  /** config.pbtxt without the backend. */
  readonly config: string;
  /** Set for a simulated device: it gives its input back after this long. */
  readonly simulatedUs?: number;
  readonly versions: Readonly<Record<string, { readonly kind: Kind; readonly onnx?: Uint8Array }>>;
  /** Further files, by their path below the model's folder. */
  readonly files?: Readonly<Record<string, string>>;
}

const configType = (datatype: Datatype): string => `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`;

const tensor = (field: string, name: string, datatype: Datatype, dims: string, more = ''): string =>
  `${field} [ { name: "${name}" data_type: ${configType(datatype)} dims: [ ${dims} ]${more} } ]\n`;

const oneToOne = (datatype: Datatype, dims: string): string =>
  tensor('input', 'x', datatype, dims) + tensor('output', 'y', datatype, dims);

const ONE_INSTANCE = 'instance_group [ { kind: KIND_CPU count: 1 } ]\n';

const identity = (datatype: Datatype, shape: readonly OnnxDim[]) =>
  ({ kind: 'identity', onnx: identityModel([{ datatype, shape }]) }) as const;

/** The two-input model of Triton's own examples. */
function addSubModel(): Uint8Array {
  const value = (name: string) => ({ name, type: 'INT32', shape: ['batch', 16] }) as const;
  return writeOnnx({
    graph: {
      nodes: [
        { op: 'Add', inputs: ['INPUT0', 'INPUT1'], outputs: ['OUTPUT0'] },
        { op: 'Sub', inputs: ['INPUT0', 'INPUT1'], outputs: ['OUTPUT1'] },
      ],
      inputs: ['INPUT0', 'INPUT1'].map(value),
      outputs: ['OUTPUT0', 'OUTPUT1'].map(value),
    },
  });
}

/** ONNX Runtime's Node binding does not carry BF16, so a simulated device, which gives its input back, has that one. */
function identityOf(datatype: Datatype): TestModel {
  const name = `identity_${datatype.toLowerCase()}`;
  // A simulated device gives its input back where all dimensions are stated.
  const dims = datatype === 'BF16' ? '3' : '-1';
  const config = `max_batch_size: 8\n${oneToOne(datatype, dims)}${ONE_INSTANCE}`;
  return datatype === 'BF16'
    ? { name, config, simulatedUs: 0, versions: { 1: { kind: 'identity' } } }
    : { name, config, versions: { 1: identity(datatype, ['batch', 'n']) } };
}

/** The models of the interoperability tests: `identity_<datatype>` for each datatype, and one for each thing to be tried. */
export function testModels(datatypes: readonly Datatype[]): TestModel[] {
  return [
    ...datatypes.map(identityOf),
    {
      name: 'simple',
      config: `max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_INT32 dims: [ 16 ] }, { name: "INPUT1" data_type: TYPE_INT32 dims: [ 16 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ 16 ] }, { name: "OUTPUT1" data_type: TYPE_INT32 dims: [ 16 ] } ]
${ONE_INSTANCE}`,
      versions: { 1: { kind: 'add_sub', onnx: addSubModel() } },
    },
    {
      name: 'no_batching',
      config: `max_batch_size: 0\n${oneToOne('FP32', '2, 3')}${ONE_INSTANCE}`,
      versions: { 1: identity('FP32', [2, 3]) },
    },
    {
      name: 'fixed_row',
      config: `max_batch_size: 4\n${oneToOne('FP32', '3')}${ONE_INSTANCE}`,
      versions: { 1: identity('FP32', ['batch', 3]) },
    },
    {
      name: 'batching',
      config: `max_batch_size: 8\n${oneToOne('FP32', '4')}${ONE_INSTANCE}dynamic_batching { max_queue_delay_microseconds: 1000 }\n`,
      versions: { 1: { kind: 'double', onnx: doublingModel('FP32', ['batch', 4]) } },
    },
    {
      name: 'labels',
      config: `max_batch_size: 4\n${tensor('input', 'x', 'FP32', '4')}${tensor('output', 'y', 'FP32', '4', ' label_filename: "labels.txt"')}${ONE_INSTANCE}`,
      versions: { 1: identity('FP32', ['batch', 4]) },
      files: { 'labels.txt': 'cat\ndog\nfox\nowl\n' },
    },
    {
      name: 'two_versions',
      config: `max_batch_size: 4\nversion_policy { all { } }\n${oneToOne('FP32', '3')}${ONE_INSTANCE}`,
      versions: {
        1: identity('FP32', ['batch', 3]),
        2: { kind: 'double', onnx: doublingModel('FP32', ['batch', 3]) },
      },
    },
    {
      // Takes long, and two may wait: for full queues, timeouts, cancelled calls.
      name: 'slow',
      config: `max_batch_size: 1\n${oneToOne('FP32', '1')}${ONE_INSTANCE}dynamic_batching {
  default_queue_policy { max_queue_size: 2 default_timeout_microseconds: 5000000 allow_timeout_override: true }
}\n`,
      simulatedUs: 400_000,
      versions: { 1: { kind: 'identity' } },
    },
    {
      name: 'priorities',
      config: `max_batch_size: 4\n${oneToOne('FP32', '3')}${ONE_INSTANCE}dynamic_batching { priority_levels: 2 default_priority_level: 2 }\n`,
      versions: { 1: identity('FP32', ['batch', 3]) },
    },
  ];
}
