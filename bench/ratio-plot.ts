import type { Comparison } from '../engine/testing/simulation/matrix';

export interface RatioPlot {
  readonly title: string;
  readonly comparisons: readonly Comparison[];
  /** Ends of the logarithmic scale; what is outside stands at its edge. */
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

const WIDTH = 960;
const HEIGHT = 380;
const LEFT = 52;
const RIGHT = 12;
const TOP = 52;
const BOTTOM = 44;
/** Grey and blue of a middle lightness: readable on white and on black alike. */
const INK = '#808792';
const AUTO = '#2f81f7';

/** SVG: for each scenario a column with the 48 static settings and auto mode, as ratios to the best static setting. */
export function ratioPlot({ title, comparisons, from, to, ticks }: RatioPlot): string {
  const step = (WIDTH - LEFT - RIGHT) / comparisons.length;
  const x = (at: number) => round(LEFT + step * (at + 0.5));
  const y = (ratio: number) => {
    const clipped = Math.min(to, Math.max(from, ratio));
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.log(clipped / from) / Math.log(to / from)));
  };
  const lines = ticks.map((tick) => {
    const strong = tick === 1 ? ' stroke-width="1.5"' : ' stroke-opacity="0.3"';
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}" stroke="${INK}"${strong}/>${text(LEFT - 8, y(tick) + 4, String(tick), 'end')}`;
  });
  const columns = comparisons.map(({ name, ratio, staticRatios }, at) => {
    const dots = staticRatios.map((other) => `<circle cx="${x(at)}" cy="${y(other)}" r="1.8"/>`);
    return [
      `<g fill="${INK}" fill-opacity="0.35">${dots.join('')}</g>`,
      `<circle cx="${x(at)}" cy="${y(ratio)}" r="4" fill="${AUTO}"><title>${name}: ${ratio.toFixed(3)}</title></circle>`,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12"><title>${title}</title>`,
    text(LEFT, 20, title, 'start', 15),
    `<circle cx="${LEFT + 4}" cy="36" r="4" fill="${AUTO}"/>${text(LEFT + 14, 40, 'auto mode')}`,
    `<circle cx="${LEFT + 98}" cy="36" r="1.8" fill="${INK}"/>${text(LEFT + 106, 40, 'each of 48 static settings; 1 is the best of them')}`,
    ...lines,
    ...columns,
    ...curveLabels(comparisons, x, step),
    '</svg>',
    '',
  ].join('\n');
}

/** Scenarios stand curve by curve: a line between two, and the name below. */
function curveLabels(comparisons: readonly Comparison[], x: (at: number) => number, step: number): string[] {
  const labels: string[] = [];
  let first = 0;
  comparisons.forEach((comparison, at) => {
    const next = comparisons[at + 1];
    if (next && next.curve === comparison.curve) return;
    labels.push(text((x(first) + x(at)) / 2, HEIGHT - BOTTOM + 22, comparison.curve, 'middle'));
    const edge = round(x(at) + step / 2);
    if (next)
      labels.push(
        `<line x1="${edge}" x2="${edge}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="${INK}" stroke-opacity="0.3" stroke-dasharray="3 4"/>`,
      );
    first = at + 1;
  });
  return labels;
}

function text(x: number, y: number, content: string, anchor = 'start', size = 12): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}" fill="${INK}">${content}</text>`;
}

function round(value: number): number {
  return Number(value.toFixed(1));
}
