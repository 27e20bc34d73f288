import { expect, it } from 'vitest';
import { showMeSentence } from './show-me-sentence';

const half = (requestsPerSecond: number, p95Ms: number | null) => ({ requestsPerSecond, p95Ms });

it.each([
  [
    half(812, 41.2),
    half(4_140, 9.8),
    'On this machine batching answers 5.1x more requests per second (812 -> 4,140) with p95 41.2 ms -> 9.8 ms.',
  ],
  [
    half(100, 10),
    half(130, 12),
    'On this machine batching answers 30 % more requests per second (100 -> 130) with p95 10.0 ms -> 12.0 ms.',
  ],
  [
    half(100, 10),
    half(98, 10.5),
    'On this machine batching does not change what this model answers: requests per second 100 -> 98, p95 10.0 ms -> 10.5 ms.',
  ],
  [
    half(6.2, 10),
    half(3.1, null),
    'On this machine batching makes this model slower: requests per second 6.2 -> 3.1, p95 10.0 ms -> not measured.',
  ],
])('says what was measured, gain or not (%#)', (off, on, sentence) => {
  expect(showMeSentence(off, on)).toBe(sentence);
});
