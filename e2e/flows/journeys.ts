import { expect, test } from '@playwright/test';
import type { PageFaults } from '../fixtures/page-faults';
import { useKeyboardOnly } from './keyboard-only';
import { loadAndUnloadModel, refuseBadFile } from './load-model';
import { runLoadTest } from './run-load-test';
import { seeModels } from './see-models';
import type { Session } from './session';
import { shareDevice } from './share-device';
import { watchTheShow } from './show-me';
import { surviveCrash } from './survive-crash';

interface Journey {
  readonly title: string;
  readonly run: (session: Session) => Promise<void>;
  /** Ends the engine on purpose: the page may complain of the connections that it lost. */
  readonly losesEngine?: true;
  /** Where the journey is too long to be made twice. */
  readonly only?: Console;
  readonly timeoutMs?: number;
}

type Console = 'desktop' | 'browser';

const JOURNEYS: readonly Journey[] = [
  { title: 'shows every model, ready', run: seeModels },
  {
    title: 'shows what a file holds before it loads it, serves it, and unloads it',
    run: loadAndUnloadModel,
  },
  { title: 'says what is wrong with a file that is no model', run: refuseBadFile },
  { title: 'follows the batch slider while a load test runs', run: runLoadTest },
  {
    title: 'shows what batching does, and says it in one sentence',
    run: watchTheShow,
    only: 'browser',
    timeoutMs: 240_000,
  },
  {
    title: 'comes back with its models when the engine is killed',
    run: surviveCrash,
    losesEngine: true,
  },
  {
    title: 'shows how three models share a device while one of them is in auto mode',
    run: shareDevice,
  },
  { title: 'is usable without a pointer', run: useKeyboardOnly },
];

/**
 * Declares a test for each journey of this kind of console. In none of them may the page complain of anything.
 *
 * @param opened what `beforeEach` has opened
 */
export function testJourneys(
  console: Console,
  opened: () => { readonly session: Session; readonly faults: PageFaults },
): void {
  for (const { title, run, losesEngine, timeoutMs } of JOURNEYS.filter(
    ({ only = console }) => only === console,
  ))
    test(title, async () => {
      if (timeoutMs !== undefined) test.setTimeout(timeoutMs);
      const { session, faults } = opened();
      await run(session);
      expect(losesEngine ? faults.exceptLostConnections() : faults.all()).toEqual([]);
    });
}
