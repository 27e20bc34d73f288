import type { SessionSpec } from '../inference';
import { ELEMENT_BYTES, elementCount, type NamedTensor } from '../tensor';
import type { Session, SessionOutput } from './session';

type SimulatedSpec = Extract<SessionSpec, { backend: 'simulated' }>;

/**
 * A device that does not exist: a batch of b rows takes `baseUs + b * perRowUs`, the usual shape of a GPU's cost. It sleeps for
 * that time, so it costs no CPU, and answers every output with the bytes of the input of the same shape (or zeros), so that
 * answers can be checked. Labelled "simulated" wherever it appears.
 */
export function createSimulatedSession(spec: SimulatedSpec): Session {
  const sleepCell = new Int32Array(new SharedArrayBuffer(4));
  const run = async (
    inputs: readonly NamedTensor[],
    outputNames: readonly string[] | null,
  ): Promise<SessionOutput> => {
    const rows = inputs[0]?.shape[0] ?? 1;
    const { fittingRows = rows } = spec;
    if (rows > fittingRows)
      throw new Error(`simulated: failed to allocate memory for ${rows} rows, ${fittingRows} fit`);
    const costUs = spec.baseUs + rows * spec.perRowUs;
    const beganUs = performance.now() * 1000;
    Atomics.wait(sleepCell, 0, 0, costUs / 1000);
    const wanted = spec.outputs.filter((output) => outputNames === null || outputNames.includes(output.name));
    const outputs = wanted.map((output, i): NamedTensor => {
      const shape = output.shape.map((dim, axis) => (axis === 0 && dim === -1 ? rows : Math.max(dim, 1)));
      const bytes = elementCount(shape) * (ELEMENT_BYTES[output.datatype] ?? 4);
      const source = inputs[i] ?? inputs[0];
      const data = new Uint8Array(bytes);
      if (source) data.set(source.data.subarray(0, bytes));
      return { name: output.name, datatype: output.datatype, shape, data };
    });
    return {
      outputs,
      computeInputUs: 0,
      computeInferUs: performance.now() * 1000 - beganUs,
      computeOutputUs: 0,
    };
  };
  return { provider: 'simulated', providerNotes: [], run, close: async () => undefined };
}
