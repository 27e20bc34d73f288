import type { ModelSummary, TensorSpec } from '../../../engine/contract';

/** Numbers written out at most; more are made by the shell, or the line could not be read. */
const WRITTEN_OUT = 16;

/** One row, and 1 for every dimension that the model leaves open. */
const shapeOf = (input: TensorSpec) => input.shape.map((dim) => (dim < 0 ? 1 : dim));

const elementsOf = (input: TensorSpec) => shapeOf(input).reduce((product, dim) => product * dim, 1);

function elementOf(input: TensorSpec): string {
  if (input.datatype === 'BYTES') return '"text"';
  if (input.datatype === 'BOOL') return 'true';
  return /^(FP|BF)/.test(input.datatype) ? '0.5' : '1';
}

/** JSON array of the input's numbers, flat; long ones as a shell expansion between the quotes. */
function dataOf(input: TensorSpec): string {
  const [count, one] = [elementsOf(input), elementOf(input)];
  if (count <= WRITTEN_OUT) return `[${new Array(count).fill(one).join(',')}]`;
  return `['"$(printf '${one},%.0s' $(seq ${count - 1}))"'${one}]`;
}

/** Above any element count: a size that is a guess counts as larger than one that the model fixes. */
const GUESS = 1e12;

/** Elements of a request; dimensions (but the first, the batch) that the model leaves open have no size that is surely right. */
function requestSize(model: ModelSummary): number {
  return model.inputs.reduce((sum, input) => {
    const guesses = input.shape.slice(1).filter((dim) => dim < 0).length;
    return sum + elementsOf(input) + guesses * GUESS;
  }, 0);
}

/** The ready model whose request is the plainest and shortest; undefined when none is ready. */
export function exampleModel(models: readonly ModelSummary[]): ModelSummary | undefined {
  return models.filter(({ state }) => state === 'ready').sort((a, b) => requestSize(a) - requestSize(b))[0];
}

/** A request to paste into a POSIX shell: one row of made-up numbers, as JSON through a pipe. */
export function curlExample(url: string, model: ModelSummary): string {
  const inputs = model.inputs.map(
    (input) =>
      `{"name":"${input.name}","datatype":"${input.datatype}","shape":[${shapeOf(input).join(',')}],"data":${dataOf(input)}}`,
  );
  const target = `${url}/v2/models/${encodeURIComponent(model.name)}/infer`;
  return `echo '{"inputs":[${inputs.join(',')}]}' | curl -s -H 'Content-Type: application/json' -d @- ${target}`;
}
