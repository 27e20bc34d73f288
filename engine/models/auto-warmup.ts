import type { Logger } from '../base';
import type { ModelConfig } from '../config';
import { configParameter } from '../config';
import type { ModelSettings, TensorSpec } from '../contract';
import type { WarmingInstance } from '../instances';
import { ELEMENT_BYTES, elementCount, type NamedTensor } from '../tensor';
import { type Reshapes, toModelShapes } from './reshape';
import { refuseConfig } from './warmup';

export const AUTO_WARMUP_PARAMETER = 'ferry.auto_warmup';

/** It takes no longer than the load itself did, or this where that was shorter. */
const LEAST_LIMIT_US = 250e3;
const MAX_BATCH_BYTES = 64 * 1024 * 1024;

/** What automatic warm-up runs on every instance. */
export interface AutoWarmup {
  /** Rows of each batch, ascending; `null` for a model without a batch dimension. */
  readonly sizes: readonly (number | null)[];
  readonly inputs: readonly TensorSpec[];
  readonly inputReshapes: Reshapes;
}

/** Whether a configuration leaves it on. Errors: MODEL_INVALID. */
export function autoWarmupIsOn(config: ModelConfig): boolean {
  const text = configParameter(config, AUTO_WARMUP_PARAMETER) ?? 'on';
  if (text === 'on' || text === 'off') return text === 'on';
  throw refuseConfig(
    `parameter "${AUTO_WARMUP_PARAMETER}" is "${text.slice(0, 60)}"; it must be "on" or "off"`,
  );
}

/**
 * Batch sizes that requests will be run with: one row and the largest batch, or only the allowed sizes where there are some, since
 * smaller batches are padded to those.
 */
export function warmupSizes(
  { batching, maxBatchSize, allowedBatchSizes }: ModelSettings,
  stacks: boolean,
): readonly (number | null)[] {
  if (!stacks) return [null];
  if (allowedBatchSizes.length > 0) return allowedBatchSizes.filter((size) => size <= maxBatchSize);
  return batching === 'off' || maxBatchSize === 1 ? [1] : [1, maxBatchSize];
}

/**
 * Runs zeros of the model's shapes, a free dimension with one element, so that the first request does not pay for what a session
 * prepares at its first run of a size. Ends early rather than late: a size is left out when, by the run before it, it would pass the
 * limit. Never fails: a model that does not take zeros is served all the same.
 *
 * @param loadUs how long the instance took to load
 */
export async function autoWarmUp(
  instance: WarmingInstance,
  { sizes, inputs, inputReshapes }: AutoWarmup,
  loadUs: number,
  nowUs: () => number,
  logger: Logger,
): Promise<void> {
  const untilUs = nowUs() + Math.max(LEAST_LIMIT_US, loadUs);
  let perRowUs = 0;
  for (const size of sizes) {
    const rows = size ?? 1;
    const label = `automatic warm-up of ${instance.name} with ${rows} rows`;
    if (nowUs() + perRowUs * rows > untilUs)
      return logger.debug(`${label} left out: it would take longer than the load`);
    if (zeroBytes(inputs, size) > MAX_BATCH_BYTES)
      return logger.debug(`${label} left out: the batch has more than ${MAX_BATCH_BYTES} bytes`);
    const batch = zeroBatch(inputs, size);
    try {
      // The first run of a session prepares more than its size: only a second one says what a row costs.
      const runs = perRowUs === 0 && sizes.length > 1 ? 2 : 1;
      for (let i = 0; i < runs && nowUs() < untilUs; i++) {
        const beganUs = nowUs();
        await instance.run(toModelShapes(copied(batch), inputReshapes), null);
        perRowUs = (nowUs() - beganUs) / rows;
      }
    } catch (error) {
      return logger.debug(`${label} ended: ${(error as Error).message}`);
    }
  }
}

/** Zeros of the shapes of the inputs, a free dimension with one element; optional inputs are left out. */
export function zeroBatch(inputs: readonly TensorSpec[], size: number | null): readonly NamedTensor[] {
  return inputs.flatMap((input) => {
    if (input.optional) return [];
    const { name, datatype } = input;
    return { name, datatype, shape: zeroShape(input, size), data: new Uint8Array(zeroBytes([input], size)) };
  });
}

/** Most rows of zeros that are made at once. */
export function mostZeroRows(inputs: readonly TensorSpec[]): number {
  return Math.floor(MAX_BATCH_BYTES / Math.max(1, zeroBytes(inputs, 1)));
}

const zeroShape = ({ shape }: TensorSpec, size: number | null): readonly number[] =>
  shape.map((dim, axis) => (axis === 0 && size !== null ? size : Math.max(1, dim)));

/** Texts without characters are four zero bytes each, their lengths. */
const zeroBytes = (inputs: readonly TensorSpec[], size: number | null): number =>
  inputs
    .filter(({ optional }) => !optional)
    .reduce(
      (sum, input) => sum + elementCount(zeroShape(input, size)) * (ELEMENT_BYTES[input.datatype] ?? 4),
      0,
    );

/** A run takes the buffers with it. */
const copied = (batch: readonly NamedTensor[]): readonly NamedTensor[] =>
  batch.map((tensor) => ({ ...tensor, data: tensor.data.slice() }));
