import { Text } from '@mantine/core';
import { formatCount, formatPercent } from '../../format';
import classes from './overview.module.css';

const MAX_BARS = 32;

/** How many batches of which size left within the window: bars of plain boxes, which cost nothing to repaint. */
export function BatchSizes({
  sizes,
}: {
  readonly sizes: readonly (readonly [rows: number, batches: number])[];
}) {
  const bars = inBars(sizes);
  const most = Math.max(1, ...bars.map((bar) => bar.batches));
  const total = bars.reduce((sum, bar) => sum + bar.batches, 0);
  return (
    <figure className={`ferry-panel ${classes.sizes}`} aria-label="Batch size distribution">
      <figcaption>
        <b>Batch sizes</b>{' '}
        <Text span size="xs" c="dimmed">
          share of batches in the window
        </Text>
      </figcaption>
      {total === 0 ? (
        <Text size="sm" c="dimmed" className={classes.sizesEmpty}>
          No batch has left in this window.
        </Text>
      ) : (
        <div className={classes.bars}>
          {bars.map((bar) => (
            <div
              key={bar.label}
              className={classes.bar}
              title={`${bar.label} rows: ${formatCount(bar.batches)} batches, ${formatPercent(bar.batches / total)}`}
            >
              <div className={classes.fill} style={{ height: `${(bar.batches / most) * 100}%` }} />
              <span>{bar.label}</span>
            </div>
          ))}
        </div>
      )}
    </figure>
  );
}

/** One bar a size while they are few, else ranges of equal width. */
function inBars(
  sizes: readonly (readonly [number, number])[],
): readonly { readonly label: string; readonly batches: number }[] {
  const largest = sizes.at(-1)?.[0] ?? 0;
  const width = Math.max(1, Math.ceil(largest / MAX_BARS));
  const bars = new Map<number, number>();
  for (const [rows, batches] of sizes)
    bars.set(Math.ceil(rows / width), (bars.get(Math.ceil(rows / width)) ?? 0) + batches);
  return Array.from({ length: Math.ceil(largest / width) }, (_, i) => ({
    label: width === 1 ? String(i + 1) : `${i * width + 1}–${(i + 1) * width}`,
    batches: bars.get(i + 1) ?? 0,
  }));
}
