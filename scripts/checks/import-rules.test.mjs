import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { fromRoot } from '../setup/paths.mjs';
import { checkImports } from './arch.mjs';

/** @type {string[]} */
const folders = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/**
 * The rules that a tree of files breaks.
 * @param {Record<string, string>} files path -> what it imports, comma-separated, or whole lines of source
 */
async function broken(files) {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-imports-'));
  folders.push(folder);
  symlinkSync(fromRoot('node_modules'), join(folder, 'node_modules'), 'dir');
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const { violations } = await checkImports(folder);
  return violations.map((violation) => violation.rule);
}

const empty = 'export const value = 1;\n';
/** @param {string} from */
const take = (from) => `import { value } from '${from}';\nexport const own = value;\n`;
/** @param {string} from */
const takeType = (from) => `import type { Value } from '${from}';\nexport type Own = Value;\n`;
const aType = 'export type Value = number;\n';

test('a tree that keeps to the table breaks no rule', async () => {
  const files = {
    'engine/contract/index.ts': `import { z } from 'zod';\nexport const value = z.number();\n`,
    'engine/base/index.ts': take('../contract'),
    'engine/batching/index.ts': take('../base'),
    'engine/batching/plan.test.ts': `${take('../testing')}import './index';\n`,
    'engine/testing/index.ts': empty,
    'engine/engine.ts': take('./batching'),
    'engine/serve.ts': take('./engine'),
    'engine/cli/index.ts': take('../base'),
    'engine/cli/link.ts': takeType('../control'),
    'engine/main.ts': `${take('./cli')}import { value as serve } from './serve';\nexport const other = serve;\n`,
    'electron/utility/engine-entry.ts': take('../../engine/engine'),
    'electron/bridge.ts': aType,
    'engine/control/index.ts': aType,
    'renderer/control/connect.ts': `${takeType('../../engine/control')}import type { Value as B } from '../../electron/bridge';\nexport type C = B;\n`,
    'renderer/stores/models.ts': take('../../engine/contract'),
  };
  expect(await broken(files)).toEqual([]);
});

test.each([
  ['engine-base', { 'engine/base/index.ts': take('../models'), 'engine/models/index.ts': empty }],
  ['engine-config', { 'engine/config/index.ts': take('../tensor'), 'engine/tensor/index.ts': empty }],
  ['engine-http', { 'engine/http/index.ts': take('../control'), 'engine/control/index.ts': empty }],
  ['engine-models', { 'engine/models/index.ts': take('../engine'), 'engine/engine.ts': empty }],
  ['engine-instances', { 'engine/instances/pool.ts': take('../backend'), 'engine/backend/index.ts': empty }],
  ['engine-base-tests', { 'engine/base/clock.test.ts': take('../models'), 'engine/models/index.ts': empty }],
  ['engine-folder-not-in-table', { 'engine/misc/index.ts': take('../base'), 'engine/base/index.ts': empty }],
  ['engine-through-index', { 'engine/http/index.ts': take('../base/clock'), 'engine/base/clock.ts': empty }],
  [
    'engine-through-index-from-outside',
    { 'engine/engine.ts': take('./base/clock'), 'engine/base/clock.ts': empty },
  ],
  ['engine-contract-pure', { 'engine/contract/index.ts': `import 'node:fs';\n` }],
  ['engine-only-itself', { 'engine/base/index.ts': take('react') }],
  ['engine-testing', { 'engine/testing/index.ts': take('../http'), 'engine/http/index.ts': empty }],
  ['engine-main', { 'engine/main.ts': take('./engine'), 'engine/engine.ts': empty }],
  ['engine-serve', { 'engine/serve.ts': take('./http'), 'engine/http/index.ts': empty }],
  ['engine-cli', { 'engine/cli/index.ts': take('../http'), 'engine/http/index.ts': empty }],
  [
    'engine-cli-control-types-only',
    { 'engine/cli/index.ts': take('../control'), 'engine/control/index.ts': empty },
  ],
  [
    'testing-not-in-product',
    { 'engine/models/index.ts': take('../testing'), 'engine/testing/index.ts': empty },
  ],
  ['onnxruntime-only-in-backend', { 'engine/models/index.ts': `import 'onnxruntime-node';\n` }],
  ['electron-module-only-in-electron', { 'renderer/app.tsx': `import 'electron';\n` }],
  ['electron-engine', { 'electron/main/main.ts': take('../../engine/engine'), 'engine/engine.ts': empty }],
  ['electron-utility', { 'electron/utility/x.ts': take('../../engine/http'), 'engine/http/index.ts': empty }],
  [
    'electron-processes-apart',
    { 'electron/main/a.ts': take('../preload/b'), 'electron/preload/b.ts': empty },
  ],
  ['electron-not-renderer', { 'electron/main/a.ts': take('../../renderer/b'), 'renderer/b.ts': empty }],
  ['renderer-engine', { 'renderer/app.tsx': take('../engine/base'), 'engine/base/index.ts': empty }],
  [
    'renderer-control-types-only',
    { 'renderer/a.ts': take('../engine/control'), 'engine/control/index.ts': empty },
  ],
  ['renderer-electron', { 'renderer/a.ts': take('../electron/main/b'), 'electron/main/b.ts': empty }],
  [
    'renderer-bridge-types-only',
    { 'renderer/a.ts': take('../electron/bridge'), 'electron/bridge.ts': empty },
  ],
  ['renderer-no-node', { 'renderer/a.ts': `import 'node:fs';\n` }],
  ['features-apart', { 'renderer/features/a/x.ts': take('../b/y'), 'renderer/features/b/y.ts': empty }],
  ['renderer-charts', { 'renderer/charts/a.ts': take('../stores/b'), 'renderer/stores/b.ts': empty }],
  ['nothing-imports-bench', { 'engine/base/index.ts': take('../../bench/main'), 'bench/main.ts': empty }],
  ['product-not-from-tools', { 'electron/main/a.ts': take('../../scripts/b.mjs'), 'scripts/b.mjs': empty }],
  ['no-unresolved', { 'engine/base/index.ts': take('./nowhere') }],
  ['no-circular', { 'engine/base/index.ts': take('./a'), 'engine/base/a.ts': `${take('./index')}${empty}` }],
])('%s is caught', async (rule, files) => {
  expect(await broken(files)).toContain(rule);
});

test('the two stated exceptions are allowed, and only they', async () => {
  const files = {
    'engine/backend/index.ts': empty,
    'engine/instances/worker/instance-worker.ts': take('../../backend'),
    'engine/control/index.ts': take('../loadtest'),
    'engine/loadtest/index.ts': empty,
  };
  expect(await broken(files)).toEqual([]);
  expect(await broken({ ...files, 'engine/loadtest/index.ts': take('../control') })).toContain(
    'engine-loadtest',
  );
});
