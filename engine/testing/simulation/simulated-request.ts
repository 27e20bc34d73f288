import type { InferenceRequest } from '../../inference';

/** What all simulated clients ask: what it holds makes no difference to the scheduler. */
export const SIMULATED_REQUEST: InferenceRequest = {
  model: 'simulated',
  version: null,
  id: '',
  inputs: [{ name: 'x', datatype: 'UINT8', shape: [1, 1], data: new Uint8Array(1) }],
  outputs: null,
  binaryByDefault: false,
  parameters: new Map(),
};
