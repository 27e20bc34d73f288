import { runTool } from '../setup/tool.mjs';
import { checkImports } from './arch.mjs';
import { oneCheck } from './counts.mjs';

/**
 * A check that is one command: it holds when the command says so.
 * @param {string} packageName
 * @param {string[]} args
 * @param {string} [command]
 * @returns {() => Promise<import('./check.mjs').CheckResult>}
 */
const byCommand = (packageName, args, command) => async () => {
  const { status, output } = await runTool(packageName, args, command ? { command } : {});
  return { counts: oneCheck(status === 0), output };
};

/** @returns {Promise<import('./check.mjs').CheckResult>} */
async function arch() {
  const { modules, violations } = await checkImports();
  const lines = violations.map(({ rule, from, to, comment }) => `${rule}: ${from} -> ${to}\n  ${comment}`);
  // No module read means that the checker could not read TypeScript, not that all is well.
  if (modules === 0) lines.push('no module was read');
  return { counts: oneCheck(lines.length === 0), output: lines.join('\n'), remark: `${modules} modules` };
}

/** @type {import('./check.mjs').Check[]} */
export const staticChecks = [
  { name: 'lint', run: byCommand('@biomejs/biome', ['check', '--error-on-warnings', '.']) },
  { name: 'types', run: byCommand('typescript', ['-b'], 'tsc') },
  { name: 'arch', run: arch },
  { name: 'unused', run: byCommand('knip', ['--no-progress']) },
];
