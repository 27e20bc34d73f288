import type { ConfigSequenceBatching, ConfigSequenceControl } from '../../config';
import { wireDatatype } from '../../config';
import type { Datatype, TensorSpec } from '../../contract';
import { formatShape } from '../../tensor';
import type { ControlKind, SequenceControl } from './sequence-config';
import type { SequenceReading } from './sequence-reading';

const ID_TYPES: readonly Datatype[] = ['UINT64', 'INT64', 'UINT32', 'INT32', 'BYTES'];
const NONE = new Uint8Array();

/** The control inputs, each checked against the input of that name. Faults are told to `reading.fault`. */
export function readControls(
  { control_input: stated = [] }: ConfigSequenceBatching,
  reading: SequenceReading,
): readonly SequenceControl[] {
  const controls = stated.flatMap(({ name = '', control: parts = [] }) => {
    const [part] = parts;
    if (part === undefined || parts.length > 1) {
      reading.fault(`control_input "${name}" has ${parts.length} controls; it must have one`);
      return [];
    }
    return readControl(name, part, reading) ?? [];
  });
  const kinds = controls.map(({ kind }) => kind);
  const twice = kinds.find((kind, i) => kinds.indexOf(kind) !== i);
  if (twice !== undefined) reading.fault(`control_input has CONTROL_SEQUENCE_${twice} twice`);
  return controls;
}

function readControl(
  name: string,
  stated: ConfigSequenceControl,
  { inputs, stacks, fault }: SequenceReading,
): SequenceControl | null {
  const spec = inputs.find((input) => input.name === name);
  if (spec === undefined) {
    fault(`control_input "${name}" is not an input of the model`);
    return null;
  }
  const kind = (stated.kind ?? 'CONTROL_SEQUENCE_START').slice('CONTROL_SEQUENCE_'.length) as ControlKind;
  const values = kind === 'CORRID' ? idValues(name, stated, fault) : falseTrueOf(name, stated, fault);
  if (values === null) return null;
  if (values.datatype !== spec.datatype)
    fault(`control_input "${name}" is ${values.datatype}, the model has ${spec.datatype}`);
  const inner = stacks ? spec.shape.slice(1) : spec.shape;
  if (!isOneElement(inner))
    fault(
      `control_input "${name}" has the shape ${formatShape(spec.shape)}; a control is one value per request`,
    );
  return { kind, name, ...values, inner: inner.map(() => 1) };
}

const isOneElement = (inner: TensorSpec['shape']): boolean => inner.every((dim) => dim === 1 || dim === -1);

type Values = Pick<SequenceControl, 'datatype' | 'falseTrue'>;

function idValues(name: string, stated: ConfigSequenceControl, fault: (m: string) => void): Values | null {
  const datatype = stated.data_type === undefined ? null : wireDatatype(stated.data_type);
  if (datatype !== null && ID_TYPES.includes(datatype)) return { datatype, falseTrue: [NONE, NONE] };
  fault(
    `control_input "${name}": data_type of CONTROL_SEQUENCE_CORRID is ${stated.data_type ?? 'not set'}; it must be TYPE_UINT64, TYPE_INT64, TYPE_UINT32, TYPE_INT32 or TYPE_STRING`,
  );
  return null;
}

/** The two values of a flag, as the bytes of one element. */
function falseTrueOf(name: string, stated: ConfigSequenceControl, fault: (m: string) => void): Values | null {
  const given: Values[] = [];
  const add = (datatype: Datatype, pair: readonly unknown[] | undefined, bytes: Uint8Array): void => {
    if (pair === undefined || pair.length === 0) return;
    if (pair.length !== 2)
      fault(`control_input "${name}": a false and a true value are needed, ${pair.length} are given`);
    const half = bytes.byteLength / 2;
    given.push({ datatype, falseTrue: [bytes.slice(0, half), bytes.slice(half)] });
  };
  const { int32_false_true: ints, fp32_false_true: floats, bool_false_true: bools } = stated;
  add('INT32', ints, new Uint8Array(Int32Array.from(ints ?? []).buffer));
  add('FP32', floats, new Uint8Array(Float32Array.from(floats ?? []).buffer));
  add('BOOL', bools, Uint8Array.from(bools ?? [], Number));
  if (given.length === 1) return given[0] ?? null;
  fault(
    `control_input "${name}" has ${given.length} of int32_false_true, fp32_false_true and bool_false_true; it must have one`,
  );
  return null;
}
