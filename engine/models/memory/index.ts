export { budgetFaults, type Claim, claimFault } from './budget-faults';
export { ColdStarts } from './cold-starts';
export type { GraphMemory } from './graph-memory';
export { estimateMemory, INSTANCE_BYTES } from './memory-estimate';
export { type MemoryBudget, NO_BUDGET } from './memory-ledger';
export { Occupancy } from './occupancy';
export { Residency, type Tenant } from './residency';
