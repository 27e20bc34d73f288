import { join } from 'node:path';
import { aptInstall, aptRefusal } from '../setup/apt.mjs';
import { fromRoot } from '../setup/paths.mjs';
import { preparePython } from '../setup/python.mjs';
import { run } from '../setup/run.mjs';
import { step } from '../setup/step.mjs';
import { countJunit, judgeRun, none } from './counts.mjs';
import { freshReport, readText } from './report-file.mjs';

/** @typedef {import('./check.mjs').CheckResult} CheckResult */

const folder = fromRoot('e2e', 'interop');

/** perf_analyzer links it, and no package index has it. */
const base64Library = 'libb64-0d';

/**
 * Triton's own clients against the built engine, and the engine compared with the real Triton: pytest in an environment of its own.
 * @param {{ files?: string[], args?: string[] }} [options] which files of e2e/interop, all by default; more arguments for pytest
 * @returns {Promise<CheckResult>}
 */
export async function interop({ files = ['.'], args = [] } = {}) {
  const clients = await step('clients', () => preparePython('clients'));
  if (clients.reason !== undefined) {
    const remark = `Python clients: ${clients.reason}`;
    return { counts: { ...none, skipped: 1 }, remark };
  }
  const perf = await step('perf_analyzer', preparePerfAnalyzer);
  const triton = await step('triton', () => preparePython('triton'));
  const report = freshReport('interop.xml');
  const command = ['-m', 'pytest', '-p', 'no:cacheprovider', '-q', '-rs', `--junitxml=${report}`];
  const { status } = await run(
    clients.python ?? '',
    [...command, '--rootdir', folder, ...files.map((file) => join(folder, file)), ...args],
    {
      show: true,
      env: {
        FERRY_NODE: process.execPath,
        PERF_PYTHON: perf.python,
        PERF_REASON: perf.reason,
        TRITON_PYTHON: triton.python,
        TRITON_REASON: triton.reason,
        PYTHONDONTWRITEBYTECODE: '1',
      },
    },
  );
  const xml = readText(report);
  return { counts: judgeRun(xml === undefined ? undefined : countJunit(xml), status) };
}

/** perf_analyzer's environment, and the library of Debian's that it links. */
export async function preparePerfAnalyzer() {
  const outcome = await preparePython('perf');
  if (outcome.folder === undefined) return outcome;
  const missing = await lacksLibrary(outcome.folder);
  if (!missing) return outcome;
  const refusal = await aptRefusal();
  if (refusal === undefined) await aptInstall([base64Library]);
  if (refusal === undefined && !(await lacksLibrary(outcome.folder))) return outcome;
  const reason = `it links ${base64Library}, and ${refusal ?? 'apt-get did not bring it'}`;
  return { text: `skipped: ${reason}`, timed: false, warn: true, reason };
}

/** @param {string} environment */
async function lacksLibrary(environment) {
  const { output } = await run('ldd', [join(environment, 'bin', 'perf_analyzer')]);
  return /libb64\S* => not found/.test(output);
}
