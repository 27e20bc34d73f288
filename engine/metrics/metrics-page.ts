import type { MetricsConfig } from '../config';
import type { Family } from './family';
import { FERRY_FAMILIES } from './ferry-families';
import type { MetricsView } from './metrics-view';
import { FamilyText } from './prometheus-text';
import { TRITON_FAMILIES } from './triton-families';

/** Every family there is: the one place that knows them. docs/metrics.md, the dashboard and the alerts are tested against it. */
export const FAMILIES: readonly Family[] = [...TRITON_FAMILIES, ...FERRY_FAMILIES];

/** The page that Prometheus scrapes: text format 0.0.4. */
export function metricsPage(view: MetricsView, config: MetricsConfig): string {
  return FAMILIES.filter(({ only }) => only === undefined || config[only])
    .map(({ name, type, help, collect }) => {
      const text = new FamilyText(name, type, help);
      collect(view, text);
      return text.text();
    })
    .join('');
}
