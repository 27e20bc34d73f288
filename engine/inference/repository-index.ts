/** One line of the repository's index: a version of a model, or a model that was never loaded. */
export interface RepositoryIndexEntry {
  readonly name: string;
  /** Empty for a model that was never loaded. */
  readonly version: string;
  /** Triton's word (`READY`, `UNAVAILABLE`, `LOADING`, `UNLOADING`); empty for a model that was never loaded. */
  readonly state: string;
  readonly reason: string;
}

/** What a load request puts in place of what lies in the repository. Holds until the model is loaded again without it. */
export interface LoadOverride {
  /** A ModelConfig as JSON, by Triton's field names; null: the file's. */
  readonly configJson: string | null;
  /** Files by their path in the model's folder ("1/model.onnx"); only together with a configuration. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}
