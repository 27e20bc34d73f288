import type { Clock } from './clock';
import { createFineTimers } from './fine-timers';

/** Real time. Fractions of a millisecond in `callAt` are honoured by `fine-timers.ts`. */
export function systemClock(): Clock & { close(): Promise<void> } {
  const nowUs = () => performance.now() * 1000;
  const timers = createFineTimers(nowUs);
  return { nowUs, wallMs: () => Date.now(), callAt: timers.callAt, close: timers.close };
}
