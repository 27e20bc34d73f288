// Who may import whom: the table of docs/architecture.md, as data. import-rules.mjs makes dependency-cruiser's rules of it.

/** The engine's folders, lowest first. A folder imports what stands below its row, never its own row or above. */
export const engineRanks = [
  ['contract'],
  ['base'],
  ['config', 'tensor'],
  ['inference'],
  ['protocol', 'backend', 'devices', 'instances', 'metrics'],
  ['batching'],
  ['models'],
  ['dataplane'],
  ['http', 'grpc', 'loadtest', 'control'],
];

/**
 * The command line is a client of the engine that runs in another process: it knows the doors from outside only, so of what
 * stands below it, it imports this. Of the control plane it takes the router's type.
 */
export const clientImports = {
  cli: ['contract', 'base', 'config', 'tensor', 'inference', 'protocol', 'models', 'loadtest'],
};

/** Two imports within a row, on purpose: [from, to]. */
export const engineExceptions = [
  ['instances/worker', 'backend'],
  ['control', 'loadtest'],
];

/** The test doubles reach up to this folder; only tests and benchmarks import them. */
export const testingReach = 'dataplane';

/** Within the renderer: folder -> the folders it may not import. Features never import each other. */
export const rendererForbidden = {
  format: ['components', 'charts', 'control', 'stores', 'model-settings', 'features'],
  components: ['charts', 'control', 'stores', 'model-settings', 'features'],
  charts: ['control', 'stores', 'model-settings', 'features'],
  control: ['components', 'charts', 'stores', 'model-settings', 'features'],
  stores: ['components', 'charts', 'model-settings', 'features'],
  'model-settings': ['features'],
};

/**
 * The folders below a folder's row.
 * @param {string} folder
 */
export function foldersBelow(folder) {
  const rank = engineRanks.findIndex((row) => row.includes(folder));
  if (rank < 0) throw new Error(`engine/${folder} has no place in the table`);
  return engineRanks.slice(0, rank).flat();
}
