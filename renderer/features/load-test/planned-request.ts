import type { Datatype, ModelSummary } from '../../../engine/contract';
import { formatBytes } from '../../format';
import { type ScenarioForm, sentInputs } from './scenario-form';

/** One input as a request of this scenario will carry it. */
export interface PlannedInput {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Raw bytes of the values; null for strings, whose length varies. */
  readonly bytes: number | null;
}

const ELEMENT_BYTES: Readonly<Record<Datatype, number | null>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
  BYTES: null,
};

/** What each request will send: the model's inputs with the rows and the open dimensions of the form filled in. */
export function plannedInputs(model: ModelSummary, form: ScenarioForm): PlannedInput[] {
  return sentInputs(model).map((input) => {
    const shape = input.shape.map((size, axis) => {
      if (axis === 0 && model.batchable) return Number(form.rowsPerRequest) || 1;
      return size >= 0 ? size : Number(form.dynamicDims[input.name]?.[String(axis)] ?? 1);
    });
    const elementBytes = ELEMENT_BYTES[input.datatype];
    const elements = shape.reduce((product, size) => product * size, 1);
    return {
      name: input.name,
      datatype: input.datatype,
      shape,
      bytes: elementBytes === null ? null : elements * elementBytes,
    };
  });
}

/** Bytes of all inputs together; null when one of them has no fixed length. */
export function requestBytes(inputs: readonly PlannedInput[]): number | null {
  let total = 0;
  for (const input of inputs) {
    if (input.bytes === null) return null;
    total += input.bytes;
  }
  return total;
}

/** The request in one line: "x 1 × 512 FP32, 2 KiB, binary". */
export function requestText(model: ModelSummary, form: ScenarioForm): string {
  const inputs = plannedInputs(model, form);
  const bytes = requestBytes(inputs);
  const shapes = inputs
    .slice(0, 2)
    .map(
      ({ name, datatype, shape }) =>
        `${name} ${shape.length === 0 ? 'scalar' : shape.join(' × ')} ${datatype}`,
    );
  if (inputs.length > 2) shapes.push(`${inputs.length - 2} more`);
  return [...shapes, bytes === null ? null : formatBytes(bytes), form.encoding === 'json' ? 'JSON' : 'binary']
    .filter((part) => part !== null)
    .join(', ');
}
