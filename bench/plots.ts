import { writeFileSync } from 'node:fs';
import { judgeClosed, judgeOpen } from './auto-virtual';
import { compareAll } from './compare-all';
import { ratioPlot } from './ratio-plot';

const IMAGES = new URL('../docs/images/', import.meta.url);

// Draws the plots of docs/scheduling.md: the scenarios of auto-closed and auto-open, in virtual time, with what those benchmarks say of them.
const closedLoops = await compareAll('closed');
console.log(JSON.stringify({ name: 'auto-closed', ...judgeClosed(closedLoops) }));
const closed = ratioPlot({
  title: 'Throughput of closed loops over that of the best static setting (more is better)',
  comparisons: closedLoops,
  from: 0.25,
  to: 1.1,
  ticks: [0.25, 0.5, 0.75, 0.88, 1],
});
writeFileSync(new URL('auto-closed.svg', IMAGES), closed);
const openLoops = await compareAll('open');
console.log(JSON.stringify({ name: 'auto-open', ...judgeOpen(openLoops) }));
const open = ratioPlot({
  title: 'p99 of open loops over that of the best static setting (less is better)',
  comparisons: openLoops,
  from: 0.9,
  to: 10,
  ticks: [1, 1.5, 2, 3, 5, 10],
});
writeFileSync(new URL('auto-open.svg', IMAGES), open);
