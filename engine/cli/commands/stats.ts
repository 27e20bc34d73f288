import { setTimeout as pause } from 'node:timers/promises';
import { EXIT } from '../cli-error';
import type { Command, CommandContext } from '../command';
import { COMMON_OPTIONS, ENGINE_OPTIONS } from '../common-options';
import { jsonText } from '../json-text';
import { type ServerTimes, timesBetween } from '../server-times';
import { textTable } from '../text-table';
import type { ModelStats, V2Client } from '../v2-client';

const WATCH_LIMITS_MS = { min: 200, max: 86_400_000 };

export const statsCommand: Command = {
  name: 'stats',
  summary: 'show how much models were asked, in which batches, and what it cost',
  positionals: [{ name: 'MODEL', optional: true, completes: 'model' }],
  options: [
    {
      name: 'watch',
      value: 'TIME',
      summary: 'again and again, each time since the last (5s, 500ms), until Ctrl-C',
    },
    ...ENGINE_OPTIONS,
    ...COMMON_OPTIONS,
  ],
  notes: [
    'Counts are since the model was loaded. Times are means per request; queue is the wait, the rest that of its whole batch.',
    'With --watch --json there is one document a line for each look.',
  ],
  run: async (context) => {
    const watchMs = context.values.durationMs('watch', WATCH_LIMITS_MS);
    const client = await context.engine.inference();
    if (watchMs !== null) return watch(context, client, watchMs);
    const rows = (await look(context, client)).map((stats) => rowOf(null, stats));
    context.show(rows, () => (rows.length === 0 ? 'no model is ready' : statsTable(rows, null)));
    return EXIT.ok;
  },
};

interface StatsRow extends ServerTimes {
  readonly model: string;
  readonly version: string;
  /** Runs by their rows. */
  readonly batches: Readonly<Record<string, number>>;
}

const look = ({ positionals: [name] }: CommandContext, client: V2Client): Promise<readonly ModelStats[]> =>
  client.statistics(name ?? null);

async function watch(context: CommandContext, client: V2Client, watchMs: number): Promise<number> {
  const interrupted = context.interrupted();
  let before = await look(context, client);
  let lastMs = performance.now();
  for (;;) {
    await pause(watchMs, undefined, { signal: interrupted }).catch(() => undefined);
    if (interrupted.aborted) return EXIT.ok;
    const now = await look(context, client);
    const nowMs = performance.now();
    const seconds = (nowMs - lastMs) / 1000;
    const rows = now.map((stats) => rowOf(sameVersion(before, stats), stats));
    if (context.values.has('json')) context.terminal.print(jsonText({ seconds, rows }));
    else context.terminal.print(`${statsTable(rows, seconds)}\n`);
    [before, lastMs] = [now, nowMs];
  }
}

const sameVersion = (list: readonly ModelStats[], { name, version }: ModelStats): ModelStats | null =>
  list.find((stats) => stats.name === name && stats.version === version) ?? null;

function rowOf(before: ModelStats | null, after: ModelStats): StatsRow {
  const runsBefore = new Map(
    before?.batch_stats.map((batch) => [batch.batch_size, batch.compute_infer.count]),
  );
  const batches = after.batch_stats
    .map(
      ({ batch_size, compute_infer }) =>
        [batch_size, compute_infer.count - (runsBefore.get(batch_size) ?? 0)] as const,
    )
    .filter(([, runs]) => runs > 0);
  return {
    model: after.name,
    version: after.version,
    ...timesBetween(before, after),
    batches: Object.fromEntries(batches),
  };
}

/** @param seconds between the two looks; null: counted since the load, so that there is no rate */
function statsTable(rows: readonly StatsRow[], seconds: number | null): string {
  const columns = [
    { title: 'MODEL' },
    { title: 'VERSION' },
    { title: seconds === null ? 'REQUESTS' : 'REQUESTS/S', right: true },
    { title: 'FAILED', right: true },
    { title: 'ROWS', right: true },
    { title: 'RUNS', right: true },
    { title: 'ROWS/RUN', right: true },
    { title: 'QUEUE US', right: true },
    { title: 'INFER US', right: true },
    { title: 'TOTAL US', right: true },
    { title: 'RUNS BY ROWS' },
  ];
  const cells = rows.map((row) => [
    row.model,
    row.version,
    seconds === null ? String(row.requests) : (row.requests / seconds).toFixed(1),
    String(row.failures),
    String(row.inferences),
    String(row.executions),
    row.executions > 0 ? (row.inferences / row.executions).toFixed(2) : '-',
    meanText(row.queueUs),
    meanText(row.computeInferUs),
    meanText(row.totalUs),
    Object.entries(row.batches)
      .map(([size, runs]) => `${size}:${runs}`)
      .join(' '),
  ]);
  return textTable(columns, cells);
}

const meanText = (us: number | null): string => (us === null ? '-' : us.toFixed(0));
