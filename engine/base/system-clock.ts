import type { Clock } from './clock';
import { FineTimers } from './fine-timers';

/** Real time. Fractions of a millisecond in `callAt` are honoured by `fine-timers.ts`. */
export function systemClock(): Clock & { close(): Promise<void> } {
  const nowUs = () => performance.now() * 1000;
  const timers = new FineTimers(nowUs);
  return {
    nowUs,
    wallMs: () => Date.now(),
    callAt: (atUs, fire) => timers.callAt(atUs, fire),
    close: () => timers.close(),
  };
}
