import { build } from '../setup/build.mjs';
import { run } from '../setup/run.mjs';
import { runTool, toolPath } from '../setup/tool.mjs';
import { countPlaywright, countVitest, judgeRun, none, oneCheck } from './counts.mjs';
import { interop } from './interop.mjs';
import { freshReport, readText } from './report-file.mjs';

/** @typedef {import('./check.mjs').CheckResult} CheckResult */
/** @typedef {import('./test-env.mjs').TestEnv} TestEnv */

/** Unit and integration tests. @returns {Promise<CheckResult>} */
async function unit() {
  const report = freshReport('vitest.json');
  const { status } = await runTool(
    'vitest',
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    { show: true },
  );
  const json = readReport(report);
  return { counts: judgeRun(json && countVitest(json), status) };
}

/** @returns {Promise<CheckResult>} */
async function buildCheck() {
  const { text } = await build();
  return { counts: oneCheck(true), remark: text };
}

/** The packaged app as a directory. @returns {Promise<CheckResult>} */
async function packageCheck() {
  const { packageApp } = await import('../packaging/package-app.mjs');
  const { folder } = await packageApp({ archives: false, installers: false, quiet: true });
  return { counts: oneCheck(true), remark: folder };
}

/**
 * @param {'desktop' | 'browser'} project
 * @param {TestEnv} env
 * @returns {Promise<CheckResult>}
 */
async function e2e(project, env) {
  const reason = project === 'desktop' ? env.desktopReason : env.browserReason;
  if (reason !== null) {
    console.log(`  e2e ${project} skipped: ${reason}`);
    return { counts: { ...none, skipped: 1 }, remark: reason };
  }
  const report = freshReport(`playwright-${project}.json`);
  const command = [
    process.execPath,
    toolPath('@playwright/test'),
    'test',
    '--config=e2e/playwright.config.ts',
    `--project=${project}`,
  ];
  if (project === 'desktop' && env.xvfb) command.unshift('xvfb-run', '-a', '-s', '-screen 0 1600x1000x24');
  const { status } = await run(command[0] ?? '', command.slice(1), {
    show: true,
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report, ELECTRON_RUN_AS_NODE: undefined },
  });
  const json = readReport(report);
  return { counts: judgeRun(json && countPlaywright(json), status) };
}

/** @param {string} file */
function readReport(file) {
  try {
    return JSON.parse(readText(file) ?? '');
  } catch {
    return undefined;
  }
}

/** @type {import('./check.mjs').Check[]} */
export const runs = [
  { name: 'unit', run: unit },
  { name: 'build', isVital: true, run: buildCheck },
  { name: 'interop', run: () => interop() },
  { name: 'package', run: packageCheck },
  { name: 'desktop', run: (env) => e2e('desktop', env) },
  { name: 'browser', run: (env) => e2e('browser', env) },
];
