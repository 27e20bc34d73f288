import { EngineError } from '../base';
import type { ModelSummary } from '../contract';

const STARTER = 'demo-mlp';

/**
 * The model that "Show me" shows: the starter MLP, which gains most from batching on a CPU; without it any real model that can
 * batch, then a simulated one. Throws NOT_FOUND when there is none.
 */
export function pickDemoModel(models: readonly ModelSummary[]): string {
  const candidates = models.filter((model) => model.state === 'ready' && model.batchable);
  const chosen =
    candidates.find((model) => model.name === STARTER) ??
    candidates.find((model) => model.backend !== 'simulated') ??
    candidates[0];
  if (chosen) return chosen.name;
  throw new EngineError(
    'NOT_FOUND',
    `no model that can batch is loaded: load "${STARTER}" on the Models screen`,
  );
}
