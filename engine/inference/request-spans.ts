/** A request's life in the engine, cut as Triton cuts it. Microseconds. The four compute parts are those of its whole batch. */
export interface RequestSpans {
  readonly queueUs: number;
  readonly computeInputUs: number;
  readonly computeInferUs: number;
  readonly computeOutputUs: number;
  /** Arrival in the queue to answer. */
  readonly totalUs: number;
}
