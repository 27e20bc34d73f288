import type { LoadTestRun, LoadTestRunSummary } from '../../../engine/contract';
import { errorCount } from './run-verdict';

type Cell = string | number | null;

/** RFC 4180: a field with a comma, a quote or a line break is quoted. A leading "=" is kept from being a formula. */
function csvCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** The seconds of one run as CSV (times in ms from the beginning of the measured part). */
export function runPointsCsv(run: LoadTestRun): string {
  return csv(
    ['at_ms', 'offered_per_s', 'succeeded_per_s', 'errors_per_s', 'p50_ms', 'p99_ms'],
    run.points.map((point) => [
      point.atMs,
      point.offeredPerSecond,
      point.succeededPerSecond,
      point.errorsPerSecond,
      point.p50Ms,
      point.p99Ms,
    ]),
  );
}

/** The history as CSV, one run a line. */
export function historyCsv(runs: readonly LoadTestRunSummary[]): string {
  return csv(
    [
      'id',
      'started_at',
      'label',
      'model',
      'executor',
      'settings',
      'state',
      'measured_s',
      'offered',
      'sent',
      'succeeded',
      'dropped',
      'errors',
      'achieved_per_s',
      'inferences_per_s',
      'p50_ms',
      'p90_ms',
      'p95_ms',
      'p99_ms',
      'max_ms',
      'service_p50_ms',
      'service_p99_ms',
      'generator_lag_p99_ms',
    ],
    runs.map((run) => [
      run.id,
      new Date(run.startedAtMs).toISOString(),
      run.scenario.label,
      run.scenario.model,
      executorText(run.scenario.executor),
      run.settingsNote,
      run.state,
      run.measuredMs / 1_000,
      run.counts.offered,
      run.counts.sent,
      run.counts.succeeded,
      run.counts.dropped,
      errorCount(run),
      run.achievedPerSecond,
      run.inferencesPerSecond,
      run.latency.p50Ms,
      run.latency.p90Ms,
      run.latency.p95Ms,
      run.latency.p99Ms,
      run.latency.maxMs,
      run.serviceTime.p50Ms,
      run.serviceTime.p99Ms,
      run.generatorLagP99Ms,
    ]),
  );
}

/** "32 clients", "200/s poisson". */
export function executorText(executor: LoadTestRun['scenario']['executor']): string {
  return executor.kind === 'closed'
    ? `${executor.clients} ${executor.clients === 1 ? 'client' : 'clients'}`
    : `${executor.requestsPerSecond}/s ${executor.arrivals}`;
}

/** A name for the exported file: no character that a file system refuses. */
export function exportName(run: LoadTestRunSummary, extension: string): string {
  const time = new Date(run.startedAtMs).toISOString().slice(0, 19).replaceAll(':', '-');
  const label = run.scenario.label.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 40);
  return (
    ['ferry-load-test', run.scenario.model, label, time].filter((part) => part !== '').join('_') + extension
  );
}
