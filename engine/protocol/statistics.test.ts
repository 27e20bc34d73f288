import { expect, test } from 'vitest';
import { encodeStatistics } from './statistics';

const took = (count: number, ns: number) => ({ count, ns });

test('statistics are written in the shape that clients read, whether a field has something to say or not', () => {
  const text = encodeStatistics([
    {
      name: 'm',
      version: '3',
      lastInferenceMs: 1_700_000_000_123,
      inferenceCount: 12,
      executionCount: 3,
      success: took(6, 600),
      fail: took(1, 70),
      queue: took(6, 60),
      computeInput: took(6, 1),
      computeInfer: took(6, 2),
      computeOutput: took(6, 3),
      batches: [
        { batchSize: 4, computeInput: took(3, 4), computeInfer: took(3, 5), computeOutput: took(3, 6) },
      ],
    },
  ]);
  expect(JSON.parse(text)).toEqual({
    model_stats: [
      {
        name: 'm',
        version: '3',
        last_inference: 1_700_000_000_123,
        inference_count: 12,
        execution_count: 3,
        inference_stats: {
          success: { count: 6, ns: 600 },
          fail: { count: 1, ns: 70 },
          queue: { count: 6, ns: 60 },
          compute_input: { count: 6, ns: 1 },
          compute_infer: { count: 6, ns: 2 },
          compute_output: { count: 6, ns: 3 },
          cache_hit: { count: 0, ns: 0 },
          cache_miss: { count: 0, ns: 0 },
        },
        response_stats: {},
        batch_stats: [
          {
            batch_size: 4,
            compute_input: { count: 3, ns: 4 },
            compute_infer: { count: 3, ns: 5 },
            compute_output: { count: 3, ns: 6 },
          },
        ],
        memory_usage: [],
      },
    ],
  });
});

test('a server without models answers with an empty list', () => {
  expect(encodeStatistics([])).toBe('{"model_stats":[]}');
});

test('large totals stay whole numbers without an exponent', () => {
  const huge = took(2 ** 53, 9e18);
  const text = encodeStatistics([
    {
      name: 'm',
      version: '1',
      lastInferenceMs: 1,
      inferenceCount: 1,
      executionCount: 1,
      success: huge,
      fail: huge,
      queue: huge,
      computeInput: huge,
      computeInfer: huge,
      computeOutput: huge,
      batches: [],
    },
  ]);
  expect(text).toContain('"success":{"count":9007199254740992,"ns":9000000000000000000}');
  expect(text).not.toMatch(/\d[.eE]/);
});
