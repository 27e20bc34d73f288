import { createStore } from 'zustand/vanilla';
import { type ModelInspection, type ModelSummary, modelNameSchema } from '../../../engine/contract';

/** Where "Load model" stands. It goes on while its dialog is closed, and is there again when it is opened. */
export type LoadStage =
  | { readonly kind: 'choose'; readonly error: string | null }
  | { readonly kind: 'uploading'; readonly fileName: string; readonly share: number }
  | { readonly kind: 'inspecting'; readonly path: string }
  | {
      readonly kind: 'inspected';
      readonly inspection: ModelInspection;
      readonly name: string;
      readonly error: string | null;
    }
  | {
      readonly kind: 'loading';
      readonly inspection: ModelInspection;
      readonly name: string;
      readonly sinceMs: number;
    };

export interface LoadFlowState {
  readonly opened: boolean;
  readonly stage: LoadStage;
}

/** What the flow needs from the engine and the shell around the page. */
export interface LoadFlowPorts {
  readonly inspect: (path: string) => Promise<ModelInspection>;
  readonly load: (path: string, name: string) => Promise<ModelSummary>;
  /** Sends a file's bytes to the engine's machine; resolves with its path there. Null on the desktop: not needed. */
  readonly upload: (file: File, onProgress: (share: number) => void, signal: AbortSignal) => Promise<string>;
  /** The path of a local file; null in a browser, which does not tell. */
  readonly pathOf: ((file: File) => string) | null;
  readonly onLoaded: (model: ModelSummary) => void;
  readonly onFailedInBackground: (name: string, message: string) => void;
  readonly nowMs: () => number;
}

const CHOOSE: LoadStage = { kind: 'choose', error: null };
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Why a name cannot be used; null when it can. */
export function modelNameFault(name: string, taken: readonly string[]): string | null {
  const result = modelNameSchema.safeParse(name);
  if (!result.success)
    return name === '' ? 'a name is needed' : (result.error.issues[0]?.message ?? 'not a valid name');
  return taken.includes(name) ? `"${name}" is in the repository already` : null;
}

const notOnnxText = (fileName: string) =>
  `"${fileName}" is not an .onnx file. From a browser only single .onnx files can be sent; for a folder, give its path on the engine's machine.`;

/** From a file, a folder or a path to a loaded model, step by step. */
export function createLoadFlow(ports: LoadFlowPorts) {
  const store = createStore<LoadFlowState>(() => ({ opened: false, stage: CHOOSE }));
  /** Grows with each new start; what an older start still brings is dropped. */
  let attempt = 0;
  let uploading: AbortController | null = null;
  const giveUp = () => {
    attempt += 1;
    uploading?.abort();
    uploading = null;
  };
  const to = (stage: LoadStage) => store.setState({ stage });

  const openPath = async (path: string) => {
    const mine = ++attempt;
    store.setState({ opened: true, stage: { kind: 'inspecting', path } });
    try {
      const inspection = await ports.inspect(path);
      if (mine === attempt)
        to({ kind: 'inspected', inspection, name: inspection.suggestedName, error: null });
    } catch (error) {
      if (mine === attempt) to({ kind: 'choose', error: messageOf(error) });
    }
  };

  const takeFile = async (file: File) => {
    if (ports.pathOf !== null) return openPath(ports.pathOf(file));
    if (!/\.onnx$/i.test(file.name)) {
      store.setState({ opened: true, stage: { kind: 'choose', error: notOnnxText(file.name) } });
      return;
    }
    giveUp();
    const mine = attempt;
    uploading = new AbortController();
    const progress = (share: number) => {
      if (mine === attempt) to({ kind: 'uploading', fileName: file.name, share });
    };
    store.setState({ opened: true, stage: { kind: 'uploading', fileName: file.name, share: 0 } });
    try {
      const path = await ports.upload(file, progress, uploading.signal);
      if (mine === attempt) await openPath(path);
    } catch (error) {
      if (mine === attempt) to({ kind: 'choose', error: messageOf(error) });
    }
  };

  const confirm = async () => {
    const { stage } = store.getState();
    if (stage.kind !== 'inspected') return;
    const mine = ++attempt;
    const { inspection, name } = stage;
    to({ kind: 'loading', inspection, name, sinceMs: ports.nowMs() });
    try {
      const model = await ports.load(inspection.path, name);
      if (mine === attempt) store.setState({ opened: false, stage: CHOOSE });
      ports.onLoaded(model);
    } catch (error) {
      if (!store.getState().opened || mine !== attempt) ports.onFailedInBackground(name, messageOf(error));
      if (mine === attempt) to({ kind: 'inspected', inspection, name, error: messageOf(error) });
    }
  };

  return {
    store,
    open: () => store.setState({ opened: true }),
    /** Closes the dialog. A load that has begun goes on; anything before it is given up. */
    close: () => {
      if (store.getState().stage.kind === 'loading') return store.setState({ opened: false });
      giveUp();
      store.setState({ opened: false, stage: CHOOSE });
    },
    /** Back to the choice, giving up an upload or an inspection. */
    restart: () => {
      giveUp();
      to(CHOOSE);
    },
    rename: (name: string) => {
      const { stage } = store.getState();
      if (stage.kind === 'inspected') to({ ...stage, name, error: null });
    },
    openPath,
    takeFile,
    confirm,
  };
}

export type LoadFlow = ReturnType<typeof createLoadFlow>;
