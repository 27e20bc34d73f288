/** Room that recharts takes beside the plot, pixels: what is drawn over the chart must know where its time axis begins. */
export const PLOT = { left: 56, right: 18, top: 8, axisHeight: 20 } as const;

/** Where an instant lies, as a CSS length from the left edge of the chart. */
export function leftOf(secondsAgo: number, spanS: number): string {
  const share = 1 + secondsAgo / spanS;
  return `calc(${PLOT.left}px + (100% - ${PLOT.left + PLOT.right}px) * ${share.toFixed(4)})`;
}

/** The instant under a pointer, or null beside the plot. `x` and `width` in pixels, from the chart's left edge. */
export function secondsAgoAt(x: number, width: number, spanS: number): number | null {
  const share = (x - PLOT.left) / (width - PLOT.left - PLOT.right);
  return share >= 0 && share <= 1 ? (share - 1) * spanS : null;
}
