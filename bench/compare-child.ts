import { compare } from '../engine/testing/simulation/matrix';
import { scenarioSets } from './scenario-sets';

// Told which scenario of which set; curves are functions and cannot be sent.
process.on('message', ({ set, at }: { set: keyof typeof scenarioSets; at: number }) => {
  const scenario = scenarioSets[set][at];
  if (scenario) process.send?.(compare(scenario));
});
