import { EngineError } from '../base';
import { configParameter, type ModelConfig } from './model-config';

/** How ONNX Runtime prepares and runs a graph, as far as a configuration says it. */
export interface SessionTuning {
  readonly graphOptimization: 'disabled' | 'basic' | 'extended' | 'all';
  /** Threads that run independent parts of the graph; used in parallel mode only. */
  readonly interOpThreads: number;
  readonly executionMode: 'sequential' | 'parallel';
  readonly memoryArena: boolean;
  readonly memoryPattern: boolean;
}

export const DEFAULT_SESSION_TUNING: SessionTuning = {
  graphOptimization: 'all',
  interOpThreads: 1,
  executionMode: 'sequential',
  memoryArena: true,
  memoryPattern: true,
};

/** Parameters of Triton's ONNX Runtime backend that are acted on here. */
export const TUNING_PARAMETERS = [
  'inter_op_thread_count',
  'execution_mode',
  'enable_mem_arena',
  'enable_mem_pattern',
] as const;

const MAX_THREADS = 256;
const LEVELS: Readonly<Record<string, SessionTuning['graphOptimization']>> = {
  '-1': 'basic',
  '0': 'all',
  '1': 'extended',
  '2': 'disabled',
};

/**
 * `optimization.graph.level` and the parameters of Triton's ONNX Runtime backend.
 *
 * Errors: MODEL_INVALID naming the field, its value and what is allowed.
 */
export function sessionTuningOf(config: ModelConfig): SessionTuning {
  const level = config.optimization?.graph?.level ?? 0;
  const graphOptimization = LEVELS[String(level)];
  if (graphOptimization === undefined)
    throw refuse(
      `optimization.graph.level is ${level}; it must be -1 (basic), 0 (all), 1 (extended) or 2 (off)`,
    );
  return {
    graphOptimization,
    interOpThreads: threadsOf(config),
    executionMode: switchOf(config, 'execution_mode', false) ? 'parallel' : 'sequential',
    memoryArena: switchOf(config, 'enable_mem_arena', true),
    memoryPattern: switchOf(config, 'enable_mem_pattern', true),
  };
}

function refuse(message: string): EngineError {
  return new EngineError('MODEL_INVALID', `config.pbtxt: ${message}`);
}

/** 0 asks ONNX Runtime to choose, which would be every core in each session. */
function threadsOf(config: ModelConfig): number {
  const text = configParameter(config, 'inter_op_thread_count') ?? '0';
  if (/^\d{1,6}$/.test(text) && Number(text) <= MAX_THREADS) return Math.max(1, Number(text));
  throw refuse(
    `parameter "inter_op_thread_count" is "${text}"; it must be a whole number from 0 to ${MAX_THREADS}`,
  );
}

function switchOf(config: ModelConfig, key: string, otherwise: boolean): boolean {
  const text = configParameter(config, key);
  if (text === undefined) return otherwise;
  if (text === '0' || text === '1') return text === '1';
  throw refuse(`parameter "${key}" is "${text}"; it must be "0" or "1"`);
}
