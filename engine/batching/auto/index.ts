export { AutoPlanner } from './auto-planner';
export { CostCurve, profiledSizes } from './cost-curve';
