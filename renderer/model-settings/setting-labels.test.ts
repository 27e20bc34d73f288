import { expect, test } from 'vitest';
import { withLabels } from './setting-labels';

test('a refusal of the engine names settings as the console does', () => {
  expect(withLabels('sloMs is 0.2; one row alone takes 2.64 ms here')).toBe(
    'SLO (ms) is 0.2; one row alone takes 2.64 ms here',
  );
  expect(withLabels('maxInstanceCount is 1; it must be at least instanceCount (2)')).toBe(
    'Max instances is 1; it must be at least Instances (2)',
  );
  expect(withLabels('the model is pinned, batching was sloMsy')).toBe(
    'the model is pinned, batching was sloMsy',
  );
});
