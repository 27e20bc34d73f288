import type { DepartureReason } from '../../engine/contract';

/** Okabe and Ito's palette, which stays apart for the common kinds of colour blindness. */
const COLORS: Readonly<Record<DepartureReason, string>> = {
  full: '#009e73',
  preferred: '#7fbf3f',
  delay: '#e69f00',
  drained: '#56b4e9',
  unbatched: '#8a8f98',
  deadline: '#d55e00',
  'break-even': '#cc79a7',
  priority: '#0072b2',
};

const MEANINGS: Readonly<Record<DepartureReason, string>> = {
  full: 'as many rows as fit',
  preferred: 'a preferred size was reached',
  delay: 'the oldest request had waited for the queue delay',
  drained: 'no delay is set: everything that waited left',
  unbatched: 'batching is off, or the model cannot batch',
  deadline: 'waiting longer would have missed a deadline',
  'break-even': 'waiting longer would have cost more than it saved',
  priority: 'a less urgent batch was to leave, and this one goes first',
};

export const reasonColor = (reason: DepartureReason): string => COLORS[reason];

export const reasonMeaning = (reason: DepartureReason): string => MEANINGS[reason];

/** The coloured square before a reason's name; never without the name beside it. */
export function ReasonSwatch({ reason }: { readonly reason: DepartureReason }) {
  return (
    <span
      aria-hidden
      style={{
        display: 'inline-block',
        width: 10,
        height: 10,
        borderRadius: 2,
        flex: 'none',
        background: COLORS[reason],
      }}
    />
  );
}
