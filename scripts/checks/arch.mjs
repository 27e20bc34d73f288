import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';
import { importRules } from './import-rules.mjs';

const folders = ['engine', 'electron', 'renderer', 'e2e', 'bench', 'scripts'];

/**
 * @typedef {object} ArchResult
 * @property {number} modules how many files of ours were read
 * @property {{ rule: string, from: string, to: string, comment: string }[]} violations
 */

/**
 * Holds the import table against the tree.
 * @param {string} [baseDir]
 * @returns {Promise<ArchResult>}
 */
export async function checkImports(baseDir = root) {
  const { cruise } = await import('dependency-cruiser');
  const rules = importRules();
  const { output } = await cruise(
    folders.filter((folder) => existsSync(join(baseDir, folder))),
    {
      baseDir,
      validate: true,
      ruleSet: /** @type {any} */ ({ forbidden: rules }),
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      exclude: { path: '^(out|dist|[.]ferry)/' },
    },
    {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.d.ts', '.mjs', '.js', '.json'],
    },
  );
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered "${output}"`);
  const modules = output.modules.filter((module) =>
    folders.includes(module.source.split('/')[0] ?? ''),
  ).length;
  return { modules, violations: output.summary.violations.map((violation) => describe(violation, rules)) };
}

/**
 * @param {{ rule: { name: string }, from: string, to: string, cycle?: { name: string }[] }} violation
 * @param {import('./import-rules.mjs').Rule[]} rules
 */
function describe({ rule, from, to, cycle }, rules) {
  return {
    rule: rule.name,
    from,
    to: cycle ? cycle.map((step) => step.name).join(' -> ') : to,
    comment: rules.find(({ name }) => name === rule.name)?.comment ?? '',
  };
}
