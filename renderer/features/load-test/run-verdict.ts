import type { LoadTestRunSummary } from '../../../engine/contract';
import { formatCount, formatMs, formatPercent, formatRate } from '../../format';

export interface RunVerdict {
  readonly tone: 'good' | 'caution' | 'bad' | 'neutral';
  /** Plain words: what happened, and what it means. */
  readonly sentence: string;
}

/** An open loop that answers this share of what it was asked for has kept up. */
const KEPT_UP_SHARE = 0.98;
/** A generator later than this, and than a tenth of the median, distorts what it measures. Milliseconds. */
const LAG_FLOOR_MS = 2;
const LAG_SHARE_OF_P50 = 0.1;

/** True when the generator was so late that the result is partly its own. */
export function generatorWasLate(run: LoadTestRunSummary): boolean {
  const lag = run.generatorLagP99Ms;
  if (lag === null || lag < LAG_FLOOR_MS) return false;
  return lag > LAG_SHARE_OF_P50 * (run.latency.p50Ms ?? 0);
}

/** Requests that were sent and not answered well. */
export function errorCount(run: LoadTestRunSummary): number {
  return Object.values(run.counts.errors).reduce((sum, count) => sum + count, 0);
}

export const LIVE_STATES: ReadonlySet<LoadTestRunSummary['state']> = new Set([
  'starting',
  'warming-up',
  'running',
  'stopping',
]);

function latencyWords(run: LoadTestRunSummary): string {
  const { p50Ms, p99Ms } = run.latency;
  if (p50Ms === null || p99Ms === null) return 'no answer was measured';
  return `half were answered within ${formatMs(p50Ms)} and 99 % within ${formatMs(p99Ms)}`;
}

function failureWords(run: LoadTestRunSummary): string | null {
  const errors = errorCount(run);
  if (errors === 0) return null;
  const [kind] = Object.entries(run.counts.errors).sort((a, b) => b[1] - a[1])[0] ?? ['unknown'];
  const share = errors / Math.max(1, run.counts.sent);
  const percent = share < 0.001 ? 'under 0.1 %' : formatPercent(share);
  return `${formatCount(errors)} requests (${percent}) failed, mostly: ${kind}`;
}

function measuredVerdict(run: LoadTestRunSummary): RunVerdict {
  const { executor } = run.scenario;
  const failures = failureWords(run);
  const achieved = formatRate(run.achievedPerSecond);
  const ending = failures === null ? 'No request failed.' : `${failures}.`;
  if (executor.kind === 'closed') {
    const sentence = `${formatCount(executor.clients)} clients got ${achieved} requests/s; ${latencyWords(run)}. ${ending}`;
    return { tone: failures === null ? 'good' : 'bad', sentence };
  }
  const offered = run.measuredMs > 0 ? run.counts.offered / (run.measuredMs / 1_000) : 0;
  const kept = run.counts.dropped === 0 && run.achievedPerSecond >= KEPT_UP_SHARE * offered;
  if (kept) {
    const sentence = `Kept up with ${formatRate(offered)} requests/s; ${latencyWords(run)}. ${ending}`;
    return { tone: failures === null ? 'good' : 'bad', sentence };
  }
  const dropped =
    run.counts.dropped > 0 ? ` ${formatCount(run.counts.dropped)} arrivals found no free client.` : '';
  const sentence = `Did not keep up: asked for ${formatRate(offered)} requests/s, answered ${achieved}; ${latencyWords(run)}.${dropped} ${ending}`;
  return { tone: failures === null ? 'caution' : 'bad', sentence };
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** Says before the sentence when it is not about a whole run. */
function withStage({ state }: LoadTestRunSummary, sentence: string): string {
  if (LIVE_STATES.has(state)) return `So far: ${lowerFirst(sentence)}`;
  return state === 'stopped' ? `Stopped early: ${lowerFirst(sentence)}` : sentence;
}

/** One line in plain words for the top of a result, live or kept. */
export function verdictOf(run: LoadTestRunSummary): RunVerdict {
  if (run.state === 'failed')
    return { tone: 'bad', sentence: `The run failed: ${run.error ?? 'no reason was given'}` };
  if (run.state === 'starting')
    return { tone: 'neutral', sentence: 'Starting: the first requests are being prepared.' };
  if (run.state === 'warming-up')
    return { tone: 'neutral', sentence: 'Warming up: these requests are not counted.' };
  if (run.counts.succeeded === 0 && errorCount(run) === 0)
    return {
      tone: 'neutral',
      sentence: LIVE_STATES.has(run.state)
        ? 'Waiting for the first answers.'
        : 'Stopped before anything was measured.',
    };
  const verdict = measuredVerdict(run);
  const late = generatorWasLate(run)
    ? ` The load generator itself was late (p99 ${formatMs(run.generatorLagP99Ms ?? 0)}), so these times are partly its own.`
    : '';
  const tone = late !== '' && verdict.tone === 'good' ? 'caution' : verdict.tone;
  return { tone, sentence: `${withStage(run, verdict.sentence)}${late}` };
}
