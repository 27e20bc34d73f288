/** One that waits to take resources. */
export interface WaitingTurn {
  /** What it takes of each pool, all of it at once. */
  readonly wants: ReadonlyMap<string, number>;
  readonly deviceClass: 'foreground' | 'background';
  /** Executions it has had times its priority. */
  readonly turns: number;
}

/**
 * Who may take what it wants now. Foreground first, then the fewest turns, of equals the first: in this order each gets what it wants,
 * or has it kept for it, as far as there is any. So whoever comes later takes only what none of those before it will need: the first
 * waits for nothing but those that run, and what others do not want is not left lying. (Triton looks at the first alone: those that
 * share nothing with it wait too.)
 *
 * @param free of each pool; below 0 where a limit has become smaller than what runs
 */
export function chooseTurns<T extends WaitingTurn>(
  waiting: readonly T[],
  free: ReadonlyMap<string, number>,
): readonly T[] {
  const left = new Map(free);
  const inOrder = [...waiting].sort((a, b) => classRank(a) - classRank(b) || a.turns - b.turns);
  return inOrder.filter(({ wants }) => {
    const demands = [...wants];
    const fits = demands.every(([pool, count]) => (left.get(pool) ?? 0) >= count);
    for (const [pool, count] of demands) left.set(pool, (left.get(pool) ?? 0) - count);
    return fits;
  });
}

const classRank = ({ deviceClass }: WaitingTurn): number => (deviceClass === 'foreground' ? 0 : 1);
