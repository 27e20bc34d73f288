import type { ReactNode } from 'react';
import classes from './stacked-bar.module.css';

export interface BarPart {
  readonly label: string;
  /** Of the whole bar, 0 to 1. */
  readonly share: number;
  /** Said beside the name below the bar: the number in its unit. */
  readonly value: string;
  /** Beside the value: a pin, a weight. */
  readonly extra?: ReactNode;
}

interface StackedBarProps {
  /** What the bar is, for a screen reader; its parts follow. */
  readonly label: string;
  readonly parts: readonly BarPart[];
  /** Name of what the parts leave; without it the rest stays unnamed. */
  readonly rest?: string;
}

/** Colours repeat after this many, each time with another hatching. */
const COLORS = 4;

/** Parts of a whole as one bar. Each part carries its number, and the list below says what the number stands for. */
export function StackedBar({ label, parts, rest }: StackedBarProps) {
  const told = parts.map((part) => `${part.label} ${part.value}`);
  return (
    <div>
      <div
        className={classes.bar}
        role="img"
        aria-label={[label, ...told, ...(rest ? [rest] : [])].join(', ')}
      >
        {parts.map((part, i) => (
          <span
            key={part.label}
            className={classes.part}
            data-hatched={i >= COLORS}
            style={{ width: `${100 * Math.min(1, part.share)}%`, backgroundColor: colorOf(i) }}
            title={`${part.label}: ${part.value}`}
          >
            {i + 1}
          </span>
        ))}
        {rest !== undefined && <span className={classes.rest}>{rest}</span>}
      </div>
      <ul className={classes.key}>
        {parts.map((part, i) => (
          <li key={part.label}>
            <b aria-hidden style={{ background: colorOf(i) }} className={classes.number}>
              {i + 1}
            </b>
            <span className={classes.name}>{part.label}</span>
            <b>{part.value}</b>
            {part.extra && <span className={classes.extra}>{part.extra}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

const colorOf = (i: number) => `var(--ferry-chart-${(i % COLORS) + 1})`;
