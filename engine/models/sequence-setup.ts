import { join } from 'node:path';
import { lonelyInputs, type SequenceConfig, type SequenceSetup } from '../batching';
import { ELEMENT_BYTES, elementCount, type NamedTensor } from '../tensor';
import { readRowFile, type WarmupSample } from './warmup';

/** Where the model's folder has the files that states begin with. */
const FOLDER = 'initial_state';
const MAX_STATE_BYTES = 256 * 1024 * 1024;

/**
 * A sequence configuration with what its sequences begin with: zeros, or a file of the model's folder.
 *
 * @param folder of the model
 * @param stacks dimension 0 of every tensor is the batch
 * Errors: MODEL_INVALID naming the state and what is wrong with its file.
 */
export async function readSequenceSetup(
  config: SequenceConfig,
  folder: string,
  stacks: boolean,
): Promise<SequenceSetup> {
  const initialStates = await Promise.all(
    config.states.map(async ({ inputName: name, datatype, initial }): Promise<NamedTensor> => {
      const { dims, file } = initial;
      const count = elementCount(dims);
      const label = `sequence_batching: state "${name}"`;
      // Texts without characters are four zero bytes each, their lengths.
      const data =
        file === null
          ? new Uint8Array(count * (ELEMENT_BYTES[datatype] ?? 4))
          : await readRowFile(label, join(folder, FOLDER), file, datatype, count, MAX_STATE_BYTES);
      return { name, datatype, shape: stacks ? [1, ...dims] : dims, data };
    }),
  );
  return { ...config, stacks, initialStates };
}

/** Samples with the inputs that the engine adds for a model with sequences: clients do not send them, nor do samples name them. */
export function withSequenceInputs(
  samples: readonly WarmupSample[],
  setup: SequenceSetup,
): readonly WarmupSample[] {
  return samples.map((sample) => {
    const rows = sample.inputs[0]?.shape[0] ?? 1;
    return { ...sample, inputs: [...sample.inputs, ...lonelyInputs(rows, setup)] };
  });
}
