import { closedScenarios, openScenarios, type SimulatedCurve } from './scenarios';

/*
 * HELD OUT. Curves, loads, think times and seeds that no constant was chosen with. They are run to see whether what was learned
 * elsewhere holds here; who changes auto mode because of what they show has used them up, and must replace them with others.
 */

const CURVES: readonly SimulatedCurve[] = [
  { name: 'sublinear', meanUs: (rows) => 1200 + 700 * rows ** 0.7 },
  { name: 'fast', meanUs: (rows) => 400 + 30 * rows },
  { name: 'steps of four', meanUs: (rows) => 2500 + 180 * 4 * Math.ceil(rows / 4) },
  { name: 'early knee', meanUs: (rows) => 3000 + 150 * Math.min(rows, 8) + 900 * Math.max(0, rows - 8) },
  { name: 'heavy', meanUs: (rows) => 6000 + 900 * rows },
];

export const HELD_OUT_OPEN = openScenarios(CURVES, [0.15, 0.45, 0.75], 9_100);
export const HELD_OUT_CLOSED = closedScenarios(CURVES, [200, 1_000], 9_200);
