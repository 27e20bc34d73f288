import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again and again until `check` says something other than false, null or undefined; fails naming `what` after the limit.
 *
 * @param everyTurn asks in every turn of the event loop: for what lasts a millisecond only
 */
export async function waitUntil<T>(
  what: string,
  check: () => T | Promise<T>,
  { limitMs = 30_000, everyTurn = false } = {},
): Promise<NonNullable<T>> {
  const until = performance.now() + limitMs;
  for (;;) {
    const answer = await check();
    if (answer) return answer;
    if (performance.now() > until) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await (everyTurn ? nextTurn() : pause(5));
  }
}
