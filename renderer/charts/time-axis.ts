/** Ticks of the shared axis, in seconds before now. Fixed, so that the axis never re-lays itself out. */
const TICKS: Readonly<Record<number, readonly number[]>> = {
  1: [-60, -45, -30, -15, 0],
  5: [-300, -240, -180, -120, -60, 0],
  15: [-900, -720, -540, -360, -180, 0],
};

export function timeTicks(windowMinutes: number): readonly number[] {
  return TICKS[windowMinutes] ?? [-windowMinutes * 60, 0];
}

/** "-45 s", "-3 min", "now". */
export function formatSecondsAgo(seconds: number): string {
  if (Math.abs(seconds) < 0.25) return 'now';
  const rounded =
    Math.abs(seconds) < 100 && seconds % 60 !== 0
      ? `${Math.round(-seconds)} s`
      : `${Math.round(-seconds / 6) / 10} min`;
  return `−${rounded}`;
}

const STEPS = [1, 2, 3, 4, 6, 8, 10];

/** The smallest round number not below `value`: an axis that moves in steps does not twitch with every sample. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return (STEPS.find((step) => step * magnitude >= value - 1e-9) ?? 10) * magnitude;
}
