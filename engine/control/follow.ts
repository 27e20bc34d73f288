/**
 * Turns push into an async generator that ends with `signal`. At most `keep` values wait for a slow reader; beyond that
 * the oldest are dropped, so a stuck window can never make the engine's memory grow.
 */
export async function* follow<T>(
  start: (push: (value: T) => void) => () => void,
  options: { readonly signal: AbortSignal | undefined; readonly keep: number },
): AsyncGenerator<T, void, undefined> {
  const waiting: T[] = [];
  let wake: () => void = () => undefined;
  const stop = start((value) => {
    waiting.push(value);
    if (waiting.length > options.keep) waiting.shift();
    wake();
  });
  const aborted = () => options.signal?.aborted ?? false;
  const onAbort = () => wake();
  options.signal?.addEventListener('abort', onAbort);
  try {
    while (!aborted()) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    stop();
  }
}
