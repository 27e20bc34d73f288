export { ColdStarts } from './cold-starts';
export type { GraphMemory } from './graph-memory';
export { estimateMemory } from './memory-estimate';
export { type MemoryBudget, NO_BUDGET } from './memory-ledger';
export { Occupancy } from './occupancy';
export { Residency, type Tenant } from './residency';
