import { accumulatorConfig, accumulatorModel } from '../../testing/accumulator-model';
import type { GrpcTestClient } from '../../testing/grpc-client';
import { identityModel, linearModel } from '../../testing/onnx-writer';
import { addingModel, rotatingModel, simulatedConfig, sumAndDifferenceModel } from '../arithmetic-models';
import {
  addingQuestion,
  echoQuestion,
  linearQuestion,
  pairQuestion,
  type Question,
  rotatingQuestion,
  textQuestion,
} from '../traffic';
import { callingQuestion, hurriedQuestion, leavingQuestion, nowAndThen } from './restless-questions';

/** New threads take a while to start where many programs share few cores. */
export const PATIENCE_MS = 120_000;
const WIDTH = 1024;
const STEPS = 24;
const WEIGHTS = Float32Array.from({ length: 8 * 4 }, (_, i) => ((i * 5) % 17) - 8);
/** Two of the three models that take a byte of the simulated device fit on it. */
export const MEMORY_BUDGET = 'simulated=2';
const ONE_BYTE = 'parameters { key: "ferry.simulated.memory_bytes" value { string_value: "1" } }';
export const CROWD = ['crowd-a', 'crowd-b', 'crowd-c'];

export const MODELS = {
  'plus/1/model.onnx': addingModel(['batch', 4]),
  'dynamic/1/model.onnx': addingModel(['batch', 'rows', 'columns'], 3),
  'linear/1/model.onnx': linearModel(8, 4, WEIGHTS).file,
  'text/1/model.onnx': identityModel([{ datatype: 'BYTES', shape: ['batch', 1] }]),
  'pair/1/model.onnx': sumAndDifferenceModel(),
  'heavy/1/model.onnx': rotatingModel(WIDTH, STEPS),
  'waiting/config.pbtxt': simulatedConfig({ baseUs: 15_000, width: 6 }),
  // Comes and goes while the others serve; the only one that may be away.
  'guest/1/model.onnx': addingModel(['batch', 2], 7),
  'levels/1/model.onnx': addingModel(['batch', 4], 5),
  'levels/config.pbtxt': `max_batch_size: 16
dynamic_batching {
  priority_levels: 3 default_priority_level: 2 max_queue_delay_microseconds: 3000
  default_queue_policy { timeout_action: REJECT default_timeout_microseconds: 200000 allow_timeout_override: true }
  priority_queue_policy { key: 3 value { timeout_action: DELAY default_timeout_microseconds: 2000 } }
}`,
  'sum/1/model.onnx': accumulatorModel('batch'),
  'sum/config.pbtxt': accumulatorConfig(
    // Of killed batches sequences are left over that nobody ends.
    'oldest { max_candidate_sequences: 64 max_queue_delay_microseconds: 1000 }',
    'max_batch_size: 4 instance_group { count: 2 }',
  ).replace('idle_microseconds: 10000000', 'idle_microseconds: 60000000'),
  // They evict each other.
  ...Object.fromEntries(
    CROWD.map((name) => [
      `${name}/config.pbtxt`,
      simulatedConfig({ baseUs: 1000, width: 3, more: ONE_BYTE }),
    ]),
  ),
};

export const questionsOf = (grpc: GrpcTestClient, sequences: Question): readonly Question[] => [
  sequences,
  sequences,
  addingQuestion('plus', () => [4]),
  addingQuestion('plus', () => [4]),
  callingQuestion(grpc, 'plus', 4, 1),
  leavingQuestion('plus', 4, 1),
  addingQuestion('dynamic', (random) => [1 + random.below(3), 1 + random.below(3)], 3),
  linearQuestion('linear', 8, 4, WEIGHTS),
  textQuestion('text'),
  pairQuestion('pair'),
  rotatingQuestion('heavy', WIDTH, STEPS),
  echoQuestion('waiting', 6),
  leavingQuestion('waiting', 6, 0),
  callingQuestion(grpc, 'waiting', 6, 0),
  { ...addingQuestion('guest', () => [2], 7), mayEndWith: ['MODEL_NOT_READY'] },
  hurriedQuestion('levels', 4, 5),
  { ...callingQuestion(grpc, 'levels', 4, 5), mayEndWith: ['DEADLINE_EXCEEDED'] },
  ...CROWD.map((name) => nowAndThen(echoQuestion(name, 3))),
];

/** Changed through the registry, the control plane's socket, and the file, in this order and then again. */
export const CHANGED_BY = {
  registry: ['plus', 'heavy'],
  socket: ['dynamic', 'pair', 'waiting'],
  file: ['linear', 'text'],
};

/** Whose instances are killed in a batch, by turns. */
export const KILLED = ['heavy', 'sum'] as const;
