export { ReasonSwatch, reasonColor, reasonMeaning } from './departure-reason';
export { downloadText } from './download-text';
export { EmptyPanel } from './empty-panel';
export { failed } from './failed';
export { isOnCall, ModeBadge, ModelStateBadge, SimulatedBadge } from './model-badges';
export { type BarPart, StackedBar } from './stacked-bar';
export { StatTile } from './stat-tile';
