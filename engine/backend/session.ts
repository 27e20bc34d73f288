import type { NamedTensor } from '../tensor';

/** One loaded model, ready to run batches one after the other on the thread that made it. */
export interface Session {
  /** Execution provider in use ("cpu", "cuda", …, "simulated"). */
  readonly provider: string;
  /** What was tried before `provider`, and why it was passed over. */
  readonly providerNotes: readonly string[];
  /**
   * @param inputs buffers that the session may keep views on until it returns
   * @param outputNames null: all outputs
   */
  run(inputs: readonly NamedTensor[], outputNames: readonly string[] | null): Promise<SessionOutput>;
  close(): Promise<void>;
}

export interface SessionOutput {
  readonly outputs: readonly NamedTensor[];
  /** Bytes to backend tensors, the run itself, and back to bytes: microseconds. */
  readonly computeInputUs: number;
  readonly computeInferUs: number;
  readonly computeOutputUs: number;
}
