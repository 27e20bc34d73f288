import { concatRows, type NamedTensor, splitRows, type Tensor } from '../tensor';

/**
 * Joins the inputs of several requests along axis 0, input by input, in the order of the first request's inputs. All
 * requests carry the same inputs with the same inner shapes (the lane sees to it). Every result owns its whole buffer, so
 * that it can be transferred; also for a single request, whose bytes may be a view on a larger network buffer.
 *
 * @param perRequest `perRequest[r]` are the inputs of request r, at least one row each
 * @param paddedRows copies of the last row to add: values that the model has to be able to take, as it takes that row
 */
export function stackInputs(perRequest: readonly (readonly NamedTensor[])[], paddedRows = 0): NamedTensor[] {
  const [first] = perRequest;
  if (!first) throw new RangeError('stackInputs needs at least one request');
  return first.map((model, position) => ({
    name: model.name,
    ...concatRows(
      padded(
        perRequest.map((inputs) => sameInput(inputs, position, model.name)),
        paddedRows,
      ),
    ),
  }));
}

function padded(parts: readonly Tensor[], paddedRows: number): readonly Tensor[] {
  const last = parts.at(-1);
  if (paddedRows === 0 || !last) return parts;
  const [, lastRow] = splitRows(last, [(last.shape[0] ?? 1) - 1, 1]);
  return [...parts, ...new Array<Tensor>(paddedRows).fill(lastRow as Tensor)];
}

/** Clients mostly send inputs in the same order, so the position is tried before the name is searched. */
function sameInput(inputs: readonly NamedTensor[], position: number, name: string): NamedTensor {
  const atPosition = inputs[position];
  const found = atPosition?.name === name ? atPosition : inputs.find((input) => input.name === name);
  if (!found) throw new RangeError(`a request in the batch lacks the input "${name}"`);
  return found;
}

/** The inputs of a request that runs alone, with buffers of their own (no batch dimension is assumed: scalars pass). */
export function copyInputs(inputs: readonly NamedTensor[]): NamedTensor[] {
  // Not `slice`: of a Buffer, which the doors may give, that is a view, and with it the network's memory would be transferred.
  return inputs.map((input) => ({ ...input, data: new Uint8Array(input.data) }));
}
