/** Settings of the trace extension, all text but the levels, as the protocol has them. */
export interface TraceSettings {
  readonly trace_level: readonly string[];
  readonly trace_rate: string;
  readonly trace_count: string;
  readonly log_frequency: string;
  readonly trace_file: string;
  readonly trace_mode: string;
}

/** Settings of the logging extension. */
export interface LogSettings {
  readonly log_file: string;
  readonly log_info: boolean;
  readonly log_warning: boolean;
  readonly log_error: boolean;
  readonly log_verbose_level: number;
  readonly log_format: string;
}

/** A change of settings, not checked yet. Null: back to the default (trace settings of a model: to the server's). */
export type SettingsChange = ReadonlyMap<string, string | readonly string[] | number | boolean | null>;
