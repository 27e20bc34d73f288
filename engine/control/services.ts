import type {
  BatchRecord,
  ChangeMark,
  DeviceMemory,
  EngineStatus,
  LoadTestRun,
  LoadTestRunSummary,
  LoadTestScenario,
  LogEntry,
  MetricsSample,
  ModelConfiguration,
  ModelInspection,
  ModelSettingsPatch,
  ModelSummary,
  ShowMeStatus,
} from '../contract';

/** Something that changes: its value now, and a call whenever it is another. */
export interface Observable<T> {
  get(): T;
  /** Returns the function that stops it. */
  subscribe(listener: (value: T) => void): () => void;
}

/** A stream of items of which the newest are kept. */
export interface Feed<T> {
  recent(): readonly T[];
  subscribe(listener: (item: T) => void): () => void;
}

/** All that the control plane can do, as the composition root provides it. Every failure is an `EngineError`. */
export interface ControlServices {
  readonly status: Observable<EngineStatus>;
  readonly models: Observable<readonly ModelSummary[]>;
  readonly showMe: Observable<ShowMeStatus>;
  /** The run that goes on now or was the last; null before the first. */
  readonly loadTest: Observable<LoadTestRun | null>;
  readonly metrics: Feed<MetricsSample>;
  readonly marks: Feed<ChangeMark>;
  readonly logs: Feed<LogEntry>;

  inspectModel(path: string): Promise<ModelInspection>;
  /** Copies a file or folder into the repository and loads it. Resolves when ready. */
  importModel(path: string, name: string | null): Promise<ModelSummary>;
  loadModel(name: string): Promise<ModelSummary>;
  unloadModel(name: string): Promise<void>;
  /** Deletes an unloaded model's folder from the repository. */
  removeModel(name: string): Promise<void>;
  /** Reads the repository folder again. */
  rescan(): Promise<void>;
  updateSettings(name: string, patch: ModelSettingsPatch): Promise<ModelSummary>;
  /** What `updateSettings` would do to config.pbtxt, as a unified diff; '' for nothing. */
  previewSettings(name: string, patch: ModelSettingsPatch): Promise<string>;
  /** Values in force and where each comes from. */
  modelConfiguration(name: string): ModelConfiguration;
  /**
   * Other memory budgets while the engine runs, until it ends; words as of `--memory-budget`. What finds no room any more is evicted.
   * Resolves with who holds memory then.
   */
  updateMemoryBudget(words: readonly string[]): Promise<readonly DeviceMemory[]>;
  recentBatches(name: string): readonly BatchRecord[];

  startLoadTest(scenario: LoadTestScenario): Promise<LoadTestRun>;
  stopLoadTest(): Promise<void>;
  listLoadTests(): Promise<readonly LoadTestRunSummary[]>;
  getLoadTest(id: string): Promise<LoadTestRun>;
  deleteLoadTest(id: string): Promise<void>;
  startShowMe(): Promise<void>;
  stopShowMe(): Promise<void>;
}
