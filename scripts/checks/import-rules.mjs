import {
  clientImports,
  engineExceptions,
  engineRanks,
  foldersBelow,
  rendererForbidden,
  testingReach,
} from './import-table.mjs';

/**
 * @typedef {object} Rule dependency-cruiser's, as far as it is used here
 * @property {string} name
 * @property {string} comment
 * @property {'error'} severity
 * @property {Record<string, unknown>} from
 * @property {Record<string, unknown>} to
 */

// What several tests of a folder share is a `.fixture.ts` beside them, with the same rights.
const testFile = '[.](test|fixture)[.]tsx?$|^engine/test/';
const indexFile = '^engine/[^/]+/index[.]ts$';
/** Taken one by one: a test that needs one double should not load them all. */
const testDoubles = '^engine/testing/';
const contractIndex = '^engine/contract/index[.]ts$';
const controlTypes = '^engine/control/(index|router)[.]ts$';
const bridge = '^electron/bridge[.]ts$';
/** What main and the utility process say to each other. */
const engineMessages = '^electron/utility/engine-messages[.]ts$';
const electronModule = '(^|/)node_modules/electron/|^electron$';
const onnxModule = '(^|/)node_modules/onnxruntime-(node|common)/';

/**
 * @param {string} name
 * @param {string} comment
 * @param {Rule['from']} from
 * @param {Rule['to']} to
 * @returns {Rule}
 */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @param {string[]} folders */
const anyOf = (folders) => `^engine/(${folders.join('|')})/`;

/** @returns {Rule[]} */
export function importRules() {
  return [
    ...engineRanks.flat().flatMap(folderRules),
    ...engineRules(),
    ...Object.entries(clientImports).flatMap(([folder, allowed]) => clientRules(folder, allowed)),
    ...outsideRules(),
    ...electronRules(),
    ...rendererRules(),
    rule('no-circular', 'A circle of imports has no order to read it in.', {}, { circular: true }),
    rule(
      'no-unresolved',
      'An import that leads nowhere.',
      {},
      { couldNotResolve: true, pathNot: '^virtual:' },
    ),
  ];
}

/**
 * One folder of the engine imports what stands below it; its tests the test doubles as well.
 * @param {string} folder
 * @returns {Rule[]}
 */
function folderRules(folder) {
  const inner = engineExceptions.filter(([from]) => from?.startsWith(`${folder}/`));
  const own = engineExceptions.filter(([from]) => from === folder).map(([, to]) => to ?? '');
  const allowed = [folder, ...foldersBelow(folder), ...own];
  const innerPaths = inner.map(([from]) => `^engine/${from}/`);
  const comment = `engine/${folder} may import ${allowed.slice(1).join(', ') || 'nothing of ours'}.`;
  return [
    rule(
      `engine-${folder}`,
      comment,
      { path: `^engine/${folder}/`, pathNot: [testFile, ...innerPaths] },
      { path: '^engine/', pathNot: anyOf(allowed) },
    ),
    rule(
      `engine-${folder}-tests`,
      `${comment} Its tests may import testing as well.`,
      { path: `^engine/${folder}/.*[.]test[.]ts$` },
      { path: '^engine/', pathNot: anyOf([...allowed, 'testing', ...inner.map(([, to]) => to ?? '')]) },
    ),
    ...inner.map(([from, to]) =>
      rule(
        `engine-${from?.replace('/', '-')}`,
        `${comment} ${from} may import ${to} as well.`,
        { path: `^engine/${from}/`, pathNot: testFile },
        { path: '^engine/', pathNot: anyOf([...allowed, to ?? '']) },
      ),
    ),
  ];
}

/**
 * A client of the doors imports what is listed, and types of the control plane.
 * @param {string} folder
 * @param {string[]} allowed
 * @returns {Rule[]}
 */
function clientRules(folder, allowed) {
  const comment = `engine/${folder} may import ${allowed.join(', ')}; of control the router's type.`;
  const from = { path: `^engine/${folder}/`, pathNot: testFile };
  return [
    rule(`engine-${folder}`, comment, from, {
      path: '^engine/',
      pathNot: [anyOf([folder, ...allowed]), controlTypes],
    }),
    rule(`engine-${folder}-control-types-only`, comment, from, {
      path: controlTypes,
      dependencyTypesNot: ['type-only'],
    }),
    rule(
      `engine-${folder}-tests`,
      `${comment} Its tests may import testing as well.`,
      { path: `^engine/${folder}/.*[.]test[.]ts$` },
      { path: '^engine/', pathNot: anyOf([folder, ...allowed, 'testing']) },
    ),
  ];
}

/** @returns {Rule[]} */
function engineRules() {
  const allFolders = [...engineRanks.flat(), ...Object.keys(clientImports)];
  return [
    rule(
      'engine-folder-not-in-table',
      'A folder of the engine that has no place in scripts/checks/import-table.mjs.',
      { path: '^engine/[^/]+/', pathNot: anyOf([...allFolders, 'testing', 'test']) },
      {},
    ),
    rule(
      'engine-testing',
      `The test doubles import up to ${testingReach}.`,
      { path: '^engine/testing/', pathNot: testFile },
      { path: '^engine/', pathNot: anyOf(['testing', testingReach, ...foldersBelow(testingReach)]) },
    ),
    rule(
      'engine-main',
      'The command starts either the command line or the engine, whose process it prepares.',
      { path: '^engine/main[.]ts$' },
      { path: '^engine/', pathNot: `^engine/(serve|allocator)[.]ts$|${anyOf(['cli'])}` },
    ),
    rule(
      'engine-serve',
      'The headless engine imports the composition root and what configures it.',
      { path: '^engine/serve[.]ts$' },
      { path: '^engine/', pathNot: `^engine/engine[.]ts$|${anyOf(['contract', 'base', 'config'])}` },
    ),
    rule(
      'engine-only-itself',
      'The engine knows neither the app, nor the console, nor React.',
      { path: '^engine/' },
      {
        path: `^(electron|renderer|e2e|bench|scripts)/|${electronModule}|(^|/)node_modules/(react|react-dom)/`,
      },
    ),
    rule(
      'engine-contract-pure',
      'The contract runs everywhere: it imports zod and nothing else.',
      { path: '^engine/contract/', pathNot: testFile },
      { pathNot: '^engine/contract/|(^|/)node_modules/zod/' },
    ),
    rule(
      'onnxruntime-only-in-backend',
      'One folder talks to ONNX Runtime.',
      { path: '^(engine|electron|renderer)/', pathNot: '^engine/backend/' },
      { path: onnxModule },
    ),
    rule(
      'testing-not-in-product',
      'The test doubles are for tests and benchmarks.',
      { path: '^(engine|electron|renderer)/', pathNot: `${testFile}|^engine/testing/` },
      { path: '^engine/testing/' },
    ),
  ];
}

/** @returns {Rule[]} */
function outsideRules() {
  return [
    rule(
      'engine-through-index',
      "A folder's public names come from its index.ts.",
      { path: '^engine/([^/]+)/' },
      { path: '^engine/[^/]+/', pathNot: ['^engine/$1/', indexFile, testDoubles] },
    ),
    rule(
      'engine-through-index-from-outside',
      "A folder's public names come from its index.ts.",
      { path: '^(electron|e2e|bench|scripts)/|^engine/[^/]+[.]ts$' },
      { path: '^engine/[^/]+/', pathNot: [indexFile, testDoubles] },
    ),
    rule(
      'nothing-imports-bench',
      'Benchmarks measure, they are no library.',
      { pathNot: '^bench/' },
      { path: '^bench/' },
    ),
    rule(
      'product-not-from-tools',
      'The product does not import what builds or tests it.',
      { path: '^(engine|electron|renderer)/' },
      { path: '^(scripts|e2e)/' },
    ),
    rule(
      'electron-module-only-in-electron',
      'Only electron/ talks to Electron.',
      { pathNot: '^electron/|^scripts/setup/electron-stub/' },
      { path: electronModule },
    ),
  ];
}

/** @returns {Rule[]} */
function electronRules() {
  const shared = [contractIndex];
  return [
    rule(
      'electron-engine',
      'The app knows the contract; only its utility process knows the engine.',
      { path: '^electron/', pathNot: '^electron/utility/' },
      { path: '^engine/', pathNot: shared },
    ),
    rule(
      'electron-utility',
      'The utility process starts the engine.',
      { path: '^electron/utility/' },
      { path: '^engine/', pathNot: [...shared, '^engine/engine[.]ts$', '^engine/(base|config)/index[.]ts$'] },
    ),
    rule(
      'electron-processes-apart',
      'Main, preload and utility run in processes of their own; what they share stands beside them.',
      { path: '^electron/(main|preload|utility)/' },
      { path: '^electron/(main|preload|utility)/', pathNot: ['^electron/$1/', engineMessages] },
    ),
    rule(
      'electron-not-renderer',
      'The app loads the built console.',
      { path: '^electron/' },
      { path: '^renderer/' },
    ),
  ];
}

/** @returns {Rule[]} */
function rendererRules() {
  const typeOnly = { dependencyTypesNot: ['type-only'] };
  return [
    rule(
      'renderer-engine',
      'The console knows the contract, and the types of the control plane.',
      { path: '^renderer/' },
      { path: '^engine/', pathNot: [contractIndex, controlTypes] },
    ),
    rule(
      'renderer-control-types-only',
      'Of the control plane the console takes types: import type.',
      { path: '^renderer/' },
      { path: controlTypes, ...typeOnly },
    ),
    rule(
      'renderer-electron',
      'The console knows the bridge and nothing else of the app.',
      { path: '^renderer/' },
      { path: '^electron/', pathNot: bridge },
    ),
    rule(
      'renderer-bridge-types-only',
      'Of the bridge the console takes types: import type.',
      { path: '^renderer/' },
      { path: bridge, ...typeOnly },
    ),
    rule(
      'renderer-no-node',
      'The console runs in a browser.',
      { path: '^renderer/', pathNot: testFile },
      { dependencyTypes: ['core'] },
    ),
    rule(
      'features-apart',
      'One screen does not import another; what they share is a component.',
      { path: '^renderer/features/([^/]+)/' },
      { path: '^renderer/features/[^/]+/', pathNot: '^renderer/features/$1/' },
    ),
    ...Object.entries(rendererForbidden).map(([folder, forbidden]) =>
      rule(
        `renderer-${folder}`,
        `renderer/${folder} does not import ${forbidden.join(', ')}.`,
        { path: `^renderer/${folder}/`, pathNot: testFile },
        { path: `^renderer/(${forbidden.join('|')})/` },
      ),
    ),
  ];
}
