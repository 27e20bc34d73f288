export { hiddenInputs, hiddenOutputs, readSequenceConfig } from './read-sequence-config';
export { SequenceBatcher, type SequenceBatcherOptions } from './sequence-batcher';
export type { SequenceConfig, SequenceSetup } from './sequence-config';
export { lonelyInputs } from './sequence-tensors';
