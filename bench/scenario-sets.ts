import { HELD_OUT_CLOSED, HELD_OUT_OPEN } from '../engine/testing/simulation/held-out';
import { CLOSED_SCENARIOS, OPEN_SCENARIOS } from '../engine/testing/simulation/matrix';
import type { Scenario } from '../engine/testing/simulation/scenarios';

export const scenarioSets = {
  closed: CLOSED_SCENARIOS,
  open: OPEN_SCENARIOS,
  'held-out closed': HELD_OUT_CLOSED,
  'held-out open': HELD_OUT_OPEN,
} as const satisfies Record<string, readonly Scenario[]>;

export type ScenarioSet = keyof typeof scenarioSets;
