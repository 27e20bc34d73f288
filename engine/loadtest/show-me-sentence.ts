import type { ShowMeStatus } from '../contract';

type Half = Pick<NonNullable<ShowMeStatus['off']>, 'requestsPerSecond' | 'p95Ms'>;

/** Gains below this are within the noise of two runs of some seconds. */
const NOTICEABLE = 1.05;

/** The outcome in one sentence, as it is: also when batching does not gain, or costs latency. */
export function showMeSentence(off: Half, on: Half): string {
  const ratio = on.requestsPerSecond / off.requestsPerSecond;
  const rates = `${rate(off.requestsPerSecond)} -> ${rate(on.requestsPerSecond)}`;
  const p95 = `p95 ${milliseconds(off.p95Ms)} -> ${milliseconds(on.p95Ms)}`;
  if (ratio >= NOTICEABLE) {
    const times = ratio >= 1.95 ? `${ratio.toFixed(1)}x more` : `${Math.round((ratio - 1) * 100)} % more`;
    return `On this machine batching answers ${times} requests per second (${rates}) with ${p95}.`;
  }
  const outcome =
    ratio > 1 / NOTICEABLE ? 'does not change what this model answers' : 'makes this model slower';
  return `On this machine batching ${outcome}: requests per second ${rates}, ${p95}.`;
}

const rate = (perSecond: number): string =>
  perSecond.toLocaleString('en-US', { maximumFractionDigits: perSecond < 10 ? 1 : 0 });

const milliseconds = (ms: number | null): string => (ms === null ? 'not measured' : `${ms.toFixed(1)} ms`);
