import { EngineError } from '../base';

/** Status of shared memory, system or CUDA: no region is ever registered. */
export const NO_REGIONS = '[]';

/** The answer to every request that would use shared memory, the same at every door. */
export function sharedMemoryUnsupported(): EngineError {
  return new EngineError('UNSUPPORTED', 'shared memory is not supported: send tensors in the request');
}
