import { type ConfigSequenceBatching, type ConfigSequenceState, wireDatatype } from '../../config';
import type { Datatype, TensorSpec } from '../../contract';
import { elementCount, formatShape } from '../../tensor';
import type { SequenceState } from './sequence-config';
import type { SequenceReading } from './sequence-reading';

/** Elements of one state of one sequence: it is kept in memory for as long as the sequence lives. */
const MAX_ELEMENTS = 64 * 1024 * 1024;

/** The implicit states, each checked against the input and output it names. Faults are told to `reading.fault`. */
export function readStates(
  { state: stated = [] }: ConfigSequenceBatching,
  reading: SequenceReading,
): readonly SequenceState[] {
  return stated.flatMap((state) => readState(state, reading) ?? []);
}

function readState(stated: ConfigSequenceState, reading: SequenceReading): SequenceState | null {
  const { input_name: inputName = '', output_name: outputName = '', dims = [] } = stated;
  const { inputs, outputs, fault } = reading;
  const label = `state "${inputName}"`;
  const input = inputs.find((spec) => spec.name === inputName);
  const output = outputs.find((spec) => spec.name === outputName);
  if (input === undefined) fault(`${label}: input_name is not an input of the model`);
  if (output === undefined) fault(`${label}: output_name "${outputName}" is not an output of the model`);
  const datatype = stated.data_type === undefined ? null : wireDatatype(stated.data_type);
  if (datatype === null) fault(`${label} has no data_type`);
  if (input === undefined || output === undefined || datatype === null) return null;
  checkFits(label, 'input', input, datatype, dims, reading);
  checkFits(label, 'output', output, datatype, dims, reading);
  const initial = readInitial(label, stated, datatype, fault);
  const isVisible = reading.listedOutputs.has(outputName);
  return { inputName, outputName, datatype, dims, initial, isVisible };
}

function checkFits(
  label: string,
  role: string,
  spec: TensorSpec,
  datatype: Datatype,
  dims: readonly number[],
  { stacks, fault }: SequenceReading,
): void {
  if (spec.datatype !== datatype)
    fault(`${label} is ${datatype}, the model's ${role} "${spec.name}" is ${spec.datatype}`);
  const inner = stacks ? spec.shape.slice(1) : spec.shape;
  const fits = inner.length === dims.length && inner.every((dim, axis) => dim === -1 || dim === dims[axis]);
  if (fits) return;
  const batch = stacks ? ' after the batch dimension' : '';
  fault(`${label}: dims are ${formatShape(dims)}, ${role} "${spec.name}" has ${formatShape(inner)}${batch}`);
}

/** Without `initial_state`, or with open dims in none, a state begins as zeros; an open dimension needs a size to begin with. */
function readInitial(
  label: string,
  { dims = [], initial_state: all = [] }: ConfigSequenceState,
  datatype: Datatype,
  fault: (message: string) => void,
): SequenceState['initial'] {
  const [initial] = all;
  if (all.length > 1) fault(`${label} has ${all.length} initial_state; it may have one`);
  if (initial === undefined) {
    const open = dims.includes(-1);
    if (open) fault(`${label} has open dims and no initial_state, which says the size it begins with`);
    return { dims: open ? [] : dims, file: null };
  }
  const own = initial.dims ?? [];
  const fits =
    own.length === dims.length && own.every((dim, i) => dim >= 1 && (dims[i] === -1 || dims[i] === dim));
  if (!fits)
    fault(`${label}: dims of initial_state are ${formatShape(own)}; they must fit ${formatShape(dims)}`);
  else if (elementCount(own) > MAX_ELEMENTS)
    fault(`${label} has ${elementCount(own)} elements; at most ${MAX_ELEMENTS} are kept`);
  if (initial.data_type !== undefined && wireDatatype(initial.data_type) !== datatype)
    fault(`${label}: data_type of initial_state is ${initial.data_type}, the state is ${datatype}`);
  const { data_file: file, zero_data: zero } = initial;
  if (file === undefined && zero === undefined)
    fault(`${label}: initial_state has neither zero_data nor data_file`);
  return { dims: own, file: file ?? null };
}
