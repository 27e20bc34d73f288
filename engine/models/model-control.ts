import type { ModelControlMode } from '../contract';

/** Who decides which models are loaded, and how the repository's folder is followed. */
export interface ModelControl {
  /**
   * `none`: changes of the folder have no effect on what is loaded. `poll`: they take effect by themselves, and a model that
   * appears is loaded. `explicit`: as `none`, and clients of the data plane may load and unload. The console always may.
   */
  readonly mode: ModelControlMode;
  /** How often the folder is looked at, microseconds. In every mode: what is new is listed. */
  readonly pollUs: number;
  /** In `explicit` mode: what is loaded at the start; "*" is everything. */
  readonly loadAtStart: readonly string[];
  /** True: a model that does not load at the start stops the engine. */
  readonly exitOnError: boolean;
  /** False: ready as soon as the start is over, whatever the models do. */
  readonly strictReadiness: boolean;
}

export const DEFAULT_MODEL_CONTROL: ModelControl = {
  mode: 'poll',
  pollUs: 2e6,
  loadAtStart: [],
  exitOnError: false,
  strictReadiness: true,
};

/**
 * Names of the models to load at the start.
 *
 * @param remembered what was loaded when the engine last stopped; null at the very first start
 */
export function modelsAtStart(
  control: ModelControl,
  inRepository: readonly string[],
  remembered: readonly string[] | null,
): readonly string[] {
  if (control.mode !== 'explicit') {
    const present = new Set(inRepository);
    return remembered?.filter((name) => present.has(name)) ?? inRepository;
  }
  return control.loadAtStart.includes('*') ? inRepository : [...new Set(control.loadAtStart)];
}
