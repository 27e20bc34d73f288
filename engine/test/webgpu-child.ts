// Runs one batch on the webgpu provider in an instance of its own; a process apart, because the Vulkan loader reads its
// environment once. Prints the provider in use and the answer as JSON.
import { systemClock } from '../base';
import { ThreadInstance } from '../instances';
import { floatsOf, fp32 } from '../testing';

const clock = systemClock();
const instance = new ThreadInstance(
  'webgpu#0',
  {
    backend: 'onnxruntime',
    modelPath: process.argv[2] ?? '',
    executionProviders: ['webgpu', 'cpu'],
    intraOpThreads: 1,
  },
  clock,
);
await instance.start();
const { outputs } = await instance.run([fp32('x', [2, 2], [1, 2, 3, 4])], null);
console.log(
  JSON.stringify({
    provider: instance.provider,
    notes: instance.providerNotes,
    values: floatsOf(outputs[0]),
  }),
);
process.exit(0);
