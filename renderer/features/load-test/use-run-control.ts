import { useCallback, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { LoadTestRun, LoadTestRunSummary } from '../../../engine/contract';
import {
  getLoadTest,
  loadTestStore,
  modelsStore,
  refreshHistory,
  startLoadTest,
  stopLoadTest,
} from '../../stores';
import { formStore, reuseScenario, showFaults } from './form-store';
import { LIVE_STATES } from './run-verdict';
import { buildScenario } from './scenario-form';

/** What the load-test screen can do, and what came of it. */
export interface RunControl {
  /** The run to show: an opened one, else the current or last. */
  readonly shown: LoadTestRun | null;
  readonly live: boolean;
  /** The run that goes on; null while none does. */
  readonly running: LoadTestRun | null;
  readonly starting: boolean;
  readonly stopping: boolean;
  /** Why the last start failed. */
  readonly error: string | null;
  /** True when an older run is shown instead of the current one. */
  readonly opened: boolean;
  readonly openError: string | null;
  readonly historyError: string | null;
  readonly start: () => void;
  readonly stop: () => void;
  /** Shows a kept run. */
  readonly open: (id: string) => void;
  /** Back from an opened run to the current one. */
  readonly close: () => void;
  /** A run was deleted: it is no longer shown. */
  readonly forget: (id: string) => void;
  /** The same scenario once more. */
  readonly repeat: (run: LoadTestRunSummary) => void;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The history is read when the screen opens and again whenever a run ends. */
function useHistoryRefresh(live: boolean): string | null {
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    if (live) return;
    refreshHistory().then(
      () => setError(null),
      (cause: unknown) => setError(messageOf(cause)),
    );
  }, [live]);
  return error;
}

function useOpenedRun() {
  const [opened, setOpened] = useState<LoadTestRun | null>(null);
  const [error, setError] = useState<string | null>(null);
  const open = useCallback((id: string) => {
    getLoadTest(id).then(
      (run) => {
        setOpened(run);
        setError(null);
      },
      (cause: unknown) => setError(messageOf(cause)),
    );
  }, []);
  const close = useCallback(() => {
    setOpened(null);
    setError(null);
  }, []);
  return { opened, error, open, close };
}

export function useRunControl(): RunControl {
  const current = useStore(loadTestStore, (state) => state.current);
  const live = current !== null && LIVE_STATES.has(current.state);
  const [starting, setStarting] = useState(false);
  const [stopping, setStopping] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [forgotten, setForgotten] = useState<string | null>(null);
  const { opened, error: openError, open, close } = useOpenedRun();
  const historyError = useHistoryRefresh(live);

  const start = useCallback(() => {
    const { form } = formStore.getState();
    const model = modelsStore.getState().models?.find((candidate) => candidate.name === form?.model) ?? null;
    if (form === null) return;
    const built = buildScenario(form, model);
    showFaults();
    if (!built.ok) return;
    close();
    setError(null);
    setStarting(true);
    startLoadTest(built.scenario)
      .catch((cause: unknown) => setError(messageOf(cause)))
      .finally(() => setStarting(false));
  }, [close]);

  const stop = useCallback(() => {
    setStopping(true);
    stopLoadTest()
      .catch((cause: unknown) => setError(messageOf(cause)))
      .finally(() => setStopping(false));
  }, []);

  const repeat = useCallback(
    (run: LoadTestRunSummary) => {
      const model = modelsStore.getState().models?.find((candidate) => candidate.name === run.scenario.model);
      if (model === undefined) {
        setError(`The model "${run.scenario.model}" is no longer in the repository.`);
        return;
      }
      reuseScenario(run, model);
      start();
    },
    [start],
  );

  const forget = useCallback(
    (id: string) => {
      setForgotten(id);
      if (opened?.id === id) close();
    },
    [opened, close],
  );

  const shown = opened ?? (current?.id === forgotten ? null : current);
  return {
    shown,
    live,
    running: live ? current : null,
    starting,
    stopping,
    error,
    opened: opened !== null && current !== null && opened.id !== current.id,
    openError,
    historyError,
    start,
    stop,
    open,
    close,
    forget,
    repeat,
  };
}
