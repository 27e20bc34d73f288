import { configText } from './config-text.mjs';

const note = [
  'This model is simulated: nothing is computed. It returns its input after as long as a device with the cost curve',
  '"base + per row" of config.pbtxt would take, to show on a laptop what batching does on a GPU.',
];

/** @returns {import('./model-folder.mjs').ModelFolder} */
export function simulatedGpu() {
  const name = 'simulated-gpu';
  return {
    name,
    files: {
      'config.pbtxt': configText({
        name,
        backend: 'ferry_simulated',
        maxBatchSize: 64,
        inputs: [{ name: 'input', dims: [16] }],
        outputs: [{ name: 'output', dims: [16] }],
        maxQueueDelayUs: 1000,
        parameters: { 'ferry.simulated.base_us': '2000', 'ferry.simulated.per_row_us': '100' },
        comment: note,
      }),
      '1/README.txt': `${note.join('\n')}\nA version folder needs a file to be kept; there is no model file.\n`,
      'README.md': `# ${name}\n\n${note.join('\n')}\n\nLicence: MIT, as Ferry.\n`,
    },
  };
}
