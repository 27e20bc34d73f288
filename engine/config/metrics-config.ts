/** Which families of latencies the metrics have, by Triton's names (`--metrics-config`) with its defaults. */
export interface MetricsConfig {
  /** Cumulative durations. */
  readonly counterLatencies: boolean;
  /** Quantiles over the last minute. */
  readonly summaryLatencies: boolean;
  /** Triton's own histogram. Ferry's are always there. */
  readonly histogramLatencies: boolean;
}

const DEFAULTS: MetricsConfig = {
  counterLatencies: true,
  summaryLatencies: false,
  histogramLatencies: false,
};

const SETTINGS = {
  counter_latencies: 'counterLatencies',
  summary_latencies: 'summaryLatencies',
  histogram_latencies: 'histogramLatencies',
} as const satisfies Record<string, keyof MetricsConfig>;
type Setting = keyof typeof SETTINGS;

/** All words that `--metrics-config` takes: "summary_latencies=true" and so on. */
export const METRICS_CONFIG_WORDS: readonly string[] = Object.keys(SETTINGS).flatMap((name) => [
  `${name}=true`,
  `${name}=false`,
]);

/** @param words of `METRICS_CONFIG_WORDS`; of two for one setting the later holds */
export function metricsConfigOf(words: readonly string[]): MetricsConfig {
  const said = words.map((word) => {
    const [name = '', value] = word.split('=');
    return [SETTINGS[name as Setting], value === 'true'] as const;
  });
  return { ...DEFAULTS, ...Object.fromEntries(said) };
}
