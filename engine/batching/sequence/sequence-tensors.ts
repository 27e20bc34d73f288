import { EngineError } from '../../base';
import {
  concatRows,
  ELEMENT_BYTES,
  elementCount,
  encodeBytesElements,
  formatShape,
  type NamedTensor,
  type Tensor,
} from '../../tensor';
import { copyInputs, stackInputs } from '../stack-inputs';
import type { SequenceConfig, SequenceControl, SequenceSetup, SequenceState } from './sequence-config';
import type { SequenceFlags } from './sequence-id';

/** One row of a batch: a request with what goes with it. Null: a slot without a request. */
export interface SequenceRow {
  readonly inputs: readonly NamedTensor[];
  readonly flags: SequenceFlags;
  readonly states: readonly NamedTensor[];
}

/**
 * The inputs of a batch: those of the requests, the controls, the states. A slot without a request has zeros in the shape of the
 * others, READY false, and the state that a sequence begins with.
 *
 * @param rows at least one is not null
 */
export function sequenceInputs(rows: readonly (SequenceRow | null)[], setup: SequenceSetup): NamedTensor[] {
  const model = rows.find((row) => row !== null);
  if (!model) throw new RangeError('a batch of sequences needs at least one request');
  const empty = rows.includes(null) ? model.inputs.map(zerosLike) : [];
  const inputs = setup.stacks
    ? stackInputs(rows.map((row) => row?.inputs ?? empty))
    : copyInputs(model.inputs);
  const controls = setup.controls.map((control) => controlTensor(control, rows, setup.stacks));
  const states = setup.states.map(({ inputName }, i): NamedTensor => {
    const parts = rows.map((row) => stateOf(row, model, i, setup));
    return { ...(setup.stacks ? concatRows(parts) : copied(parts[0])), name: inputName };
  });
  return [...inputs, ...controls, ...states];
}

/** The engine's own inputs of a batch that belongs to no sequence: for warm-up. Every row starts and ends. */
export function lonelyInputs(rows: number, setup: SequenceSetup): NamedTensor[] {
  const flags = { id: 1n, start: true, end: true } as const;
  const row: SequenceRow = { inputs: [], flags, states: setup.initialStates };
  const batch = Array.from({ length: setup.stacks ? rows : 1 }, () => row);
  return sequenceInputs(batch, { ...setup, stacks: setup.stacks });
}

/** The states of a sequence after its request, out of its outputs; copies, so that the batch's memory can go. */
export function statesOf(outputs: readonly NamedTensor[], { states, stacks }: SequenceSetup): NamedTensor[] {
  return states.map((state) => {
    const output = outputs.find(({ name }) => name === state.outputName);
    if (!output)
      throw new EngineError('BACKEND_FAILED', `the model gave no state output "${state.outputName}"`);
    checkState(output, state, stacks);
    return { ...copied(output), name: state.inputName };
  });
}

/** What clients get of the outputs. */
export function visibleOutputs(
  outputs: readonly NamedTensor[],
  { states }: SequenceConfig,
): readonly NamedTensor[] {
  if (states.length === 0) return outputs;
  return outputs.filter(({ name }) => states.every((state) => state.isVisible || state.outputName !== name));
}

/** Outputs to ask the model for. @param wanted by clients; null: all */
export function outputNamesWith(
  wanted: readonly string[] | null,
  { states }: SequenceConfig,
): readonly string[] | null {
  return wanted && [...new Set([...wanted, ...states.map(({ outputName }) => outputName)])];
}

function stateOf(
  row: SequenceRow | null,
  model: SequenceRow,
  i: number,
  { initialStates }: SequenceSetup,
): Tensor {
  const like = model.states[i];
  const own = row?.states[i];
  if (own) return own;
  const initial = initialStates[i];
  if (!like || !initial) throw new RangeError(`state ${i} is missing`);
  return initial.shape.join() === like.shape.join() ? initial : zerosLike(like);
}

function checkState(
  { shape, datatype }: NamedTensor,
  { outputName, dims, datatype: wanted }: SequenceState,
  stacks: boolean,
): void {
  const inner = stacks ? shape.slice(1) : shape;
  const fits = inner.length === dims.length && dims.every((dim, axis) => dim === -1 || dim === inner[axis]);
  if (fits && datatype === wanted) return;
  throw new EngineError(
    'BACKEND_FAILED',
    `state output "${outputName}" is ${datatype} ${formatShape(inner)} per request, the configuration has ${wanted} ${formatShape(dims)}`,
  );
}

function controlTensor(
  control: SequenceControl,
  rows: readonly (SequenceRow | null)[],
  stacks: boolean,
): NamedTensor {
  const { name, datatype, inner } = control;
  return {
    name,
    datatype,
    shape: stacks ? [rows.length, ...inner] : inner,
    data: control.kind === 'CORRID' ? idBytes(control, rows) : flagBytes(control, rows),
  };
}

function flagBytes({ kind, falseTrue }: SequenceControl, rows: readonly (SequenceRow | null)[]): Uint8Array {
  const size = falseTrue[0].byteLength;
  const data = new Uint8Array(size * rows.length);
  rows.forEach((row, i) => {
    const isTrue = row !== null && (kind === 'READY' || (kind === 'START' ? row.flags.start : row.flags.end));
    data.set(falseTrue[isTrue ? 1 : 0], i * size);
  });
  return data;
}

function idBytes({ datatype }: SequenceControl, rows: readonly (SequenceRow | null)[]): Uint8Array {
  if (datatype === 'BYTES')
    return encodeBytesElements(rows.map((row) => Buffer.from(row === null ? '' : String(row.flags.id))));
  const size = ELEMENT_BYTES[datatype] ?? 8;
  const wide = new Uint8Array(8);
  const view = new DataView(wide.buffer);
  const data = new Uint8Array(size * rows.length);
  rows.forEach((row, i) => {
    view.setBigUint64(0, BigInt(row?.flags.id ?? 0n), true);
    data.set(wide.subarray(0, size), i * size);
  });
  return data;
}

/** Zeros; for BYTES texts without characters, which are four zero bytes each. */
export function zerosLike<T extends Tensor>(tensor: T): T {
  const bytes = tensor.datatype === 'BYTES' ? 4 * elementCount(tensor.shape) : tensor.data.byteLength;
  return { ...tensor, data: new Uint8Array(bytes) };
}

function copied(tensor: Tensor | undefined): Tensor {
  if (!tensor) throw new RangeError('a tensor is missing');
  return { datatype: tensor.datatype, shape: tensor.shape, data: new Uint8Array(tensor.data) };
}
