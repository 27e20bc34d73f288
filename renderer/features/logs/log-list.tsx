import { useLayoutEffect, useRef, useState } from 'react';
import type { LogEntry } from '../../../engine/contract';
import { formatClockMs } from '../../format';
import { fieldsText } from './log-filter';
import classes from './logs.module.css';
import { atTail, ROW_HEIGHT, rowWindow } from './row-window';

interface LogListProps {
  readonly entries: readonly LogEntry[];
  /** Keep the newest line in view. */
  readonly follow: boolean;
  /** The operator scrolled away from the end, or back to it. */
  readonly onFollow: (follow: boolean) => void;
  readonly opened: LogEntry | null;
  readonly onOpen: (entry: LogEntry) => void;
}

/** The log, newest last; only the lines in view are in the page. */
export function LogList({ entries, follow, onFollow, opened, onOpen }: LogListProps) {
  const list = useRef<HTMLElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const { first, end } = rowWindow(view.top, view.height, entries.length);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new entries move the end, which is what is followed
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return;
    if (follow) element.scrollTop = element.scrollHeight;
    setView({ top: element.scrollTop, height: element.clientHeight });
  }, [entries, follow]);

  const scrolled = () => {
    const element = list.current;
    if (element === null) return;
    setView({ top: element.scrollTop, height: element.clientHeight });
    const tail = atTail(element.scrollTop, element.clientHeight, entries.length);
    if (tail !== follow) onFollow(tail);
  };

  return (
    <section
      ref={list}
      className={classes.list}
      onScroll={scrolled}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Log entries"
    >
      <div style={{ position: 'relative', height: entries.length * ROW_HEIGHT }}>
        {entries.slice(first, end).map((entry, index) => (
          <LogRow
            key={`${entry.id}@${entry.atMs}`}
            entry={entry}
            top={(first + index) * ROW_HEIGHT}
            opened={entry === opened}
            onOpen={onOpen}
          />
        ))}
      </div>
    </section>
  );
}

interface LogRowProps {
  readonly entry: LogEntry;
  readonly top: number;
  readonly opened: boolean;
  readonly onOpen: (entry: LogEntry) => void;
}

function LogRow({ entry, top, opened, onOpen }: LogRowProps) {
  const fields = fieldsText(entry);
  const tone = entry.level === 'error' ? classes.error : entry.level === 'warn' ? classes.warn : classes.dim;
  return (
    <button
      type="button"
      className={classes.row}
      style={{ top }}
      aria-pressed={opened}
      onClick={() => onOpen(entry)}
    >
      <span className={classes.dim}>{formatClockMs(entry.atMs)}</span>
      <span className={tone}>{entry.level}</span>
      <span className={classes.dim}>{entry.scope}</span>
      <span>
        {entry.message}
        {fields !== '' && <span className={classes.dim}> {fields}</span>}
      </span>
    </button>
  );
}
