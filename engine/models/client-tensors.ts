import { hiddenInputs, hiddenOutputs, readSequenceConfig, type SequenceConfig } from '../batching';
import type { ModelConfig } from '../config';
import { type GraphTensors, mergeTensors, type ServedTensors } from './config-tensors';

/** The tensors of a version for clients, and how it keeps sequences; null for a model without. */
export interface ClientTensors extends ServedTensors {
  readonly sequence: SequenceConfig | null;
}

/**
 * The graph's tensors as clients see them: without those that tell the model about its sequence and carry its state, and with
 * what the configuration says about the others.
 *
 * @param stacks dimension 0 is the batch, which `dims` leave out
 * Errors: MODEL_INVALID; UNSUPPORTED.
 */
export function clientTensors(
  config: ModelConfig,
  graph: GraphTensors,
  maxBatchSize: number,
  stacks: boolean,
): ClientTensors {
  const sequence = readSequenceConfig(config, graph, maxBatchSize, stacks);
  if (sequence === null) return { ...mergeTensors(config, graph, stacks), sequence };
  const inputs = hiddenInputs(sequence);
  const outputs = hiddenOutputs(sequence);
  const visible = {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => !inputs.has(name)),
    outputs: graph.outputs.filter(({ name }) => !outputs.has(name)),
  };
  return { ...mergeTensors(config, visible, stacks), sequence };
}
