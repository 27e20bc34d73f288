import type { SessionTuning } from '../config';
import type { ExecutionProvider, TensorSpec } from '../contract';

/** What a thread needs to make a session; plain values, it crosses to the worker. */
export type SessionSpec =
  | {
      readonly backend: 'onnxruntime';
      readonly modelPath: string;
      /** Tried in this order. */
      readonly executionProviders: readonly ExecutionProvider[];
      readonly intraOpThreads: number;
      /** Absent: `DEFAULT_SESSION_TUNING`. */
      readonly tuning?: SessionTuning;
    }
  | {
      readonly backend: 'simulated';
      readonly outputs: readonly TensorSpec[];
      readonly inputs: readonly TensorSpec[];
      /** A batch of b rows takes baseUs + b * perRowUs. */
      readonly baseUs: number;
      readonly perRowUs: number;
      /** Batches of more rows do not fit into its memory; absent: all do. */
      readonly fittingRows?: number;
    };
