import { parseArgs } from 'node:util';
import { runChaos } from '../../testing/simulation/chaos/run-chaos';
import { heapAfterCollection } from '../process-state';
import { runEngineChaos } from './run-engine-chaos';

/**
 * Everything that can happen to models, instances and clients, first in virtual time, then in a real engine:
 *
 *   npm run chaos -- --virtual-seconds 3600 --seed 1 --minutes 10
 *
 * 0 leaves a part out. Each part prints one line of JSON. Ends with 1, and says what was not as it must be, at the first fault.
 */
const { values } = parseArgs({
  options: {
    'virtual-seconds': { type: 'string', default: '3600' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '10' },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const virtualSeconds = Number(values['virtual-seconds']);
  const seed = Number(values.seed);
  const minutes = Number(values.minutes);
  if (!(virtualSeconds >= 0 && minutes >= 0 && Number.isInteger(seed))) {
    console.error('--virtual-seconds and --minutes are numbers from 0 on, --seed is a whole number');
    return 2;
  }
  try {
    if (virtualSeconds > 0) {
      const beganMs = performance.now();
      const report = await runChaos({ seed, virtualSeconds, heapBytes: heapAfterCollection });
      const tookSeconds = Math.round((performance.now() - beganMs) / 1000);
      console.log(JSON.stringify({ chaos: 'virtual', ...report, tookSeconds }));
    }
    if (minutes > 0) console.log(JSON.stringify({ chaos: 'real', ...(await runEngineChaos(minutes * 60)) }));
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}
