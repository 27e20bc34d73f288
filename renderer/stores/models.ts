import { createStore } from 'zustand/vanilla';
import type {
  BatchRecord,
  ModelConfiguration,
  ModelInspection,
  ModelSettingsPatch,
  ModelSummary,
} from '../../engine/contract';
import { ControlError } from '../control';
import { call } from './call';
import { controlAddress } from './connection';

export interface ModelsState {
  /** Null until the engine has told. */
  readonly models: readonly ModelSummary[] | null;
  /** Names of models that something is being done to on this page's behalf. */
  readonly busy: ReadonlySet<string>;
}

export const modelsStore = createStore<ModelsState>(() => ({ models: null, busy: new Set() }));

async function whileBusy<T>(name: string, work: () => Promise<T>): Promise<T> {
  const mark = (change: (busy: Set<string>) => void) =>
    modelsStore.setState(({ busy }) => {
      const next = new Set(busy);
      change(next);
      return { busy: next };
    });
  mark((busy) => busy.add(name));
  try {
    return await work();
  } finally {
    mark((busy) => busy.delete(name));
  }
}

/** What the file or folder says, before anything is loaded. `path` is one of the engine's machine. */
export function inspectModel(path: string): Promise<ModelInspection> {
  return call((client) => client.inspectModel.mutate({ path }));
}

/** Copies a file or folder into the repository and loads it. Resolves when it serves. */
export function importModel(path: string, name: string | null): Promise<ModelSummary> {
  return call((client) => client.importModel.mutate({ path, name }));
}

export function loadModel(name: string): Promise<ModelSummary> {
  return whileBusy(name, () => call((client) => client.loadModel.mutate({ name })));
}

export function unloadModel(name: string): Promise<void> {
  return whileBusy(name, () => call((client) => client.unloadModel.mutate({ name })));
}

/** Deletes the model's folder from the repository. */
export function removeModel(name: string): Promise<void> {
  return whileBusy(name, () => call((client) => client.removeModel.mutate({ name })));
}

export function rescan(): Promise<void> {
  return call((client) => client.rescan.mutate());
}

export function updateSettings(name: string, patch: ModelSettingsPatch): Promise<ModelSummary> {
  return call((client) => client.updateSettings.mutate({ name, patch }));
}

/** What `updateSettings` would do to config.pbtxt, as a unified diff; '' for nothing. */
export function previewSettings(name: string, patch: ModelSettingsPatch): Promise<string> {
  return call((client) => client.previewSettings.query({ name, patch }));
}

/** Values of the configuration in force and where each comes from. */
export function modelConfiguration(name: string): Promise<ModelConfiguration> {
  return call((client) => client.modelConfiguration.query({ name }));
}

/** The last 200 batches, oldest first. */
export function recentBatches(name: string): Promise<readonly BatchRecord[]> {
  return call((client) => client.recentBatches.query({ name }));
}

/**
 * Sends a file from a browser to the engine's machine (the desktop app needs no upload: it knows the path).
 *
 * @param onProgress share sent, 0 to 1
 * @returns its path there, for `inspectModel`
 */
export function uploadModel(
  file: File,
  onProgress: (share: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const address = controlAddress();
  if (!address) return Promise.reject(new ControlError('The engine is not connected.', 'SHUTTING_DOWN'));
  return new Promise((resolve, reject) => {
    // fetch cannot tell how far an upload is.
    const request = new XMLHttpRequest();
    request.open('PUT', `${address.controlUrl}/upload/${encodeURIComponent(file.name)}`);
    request.setRequestHeader('Authorization', `Bearer ${address.token}`);
    request.responseType = 'json';
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      const body = request.response as { path?: string; error?: string } | null;
      if (request.status === 200 && body?.path) resolve(body.path);
      else
        reject(
          new ControlError(
            body?.error ?? `The upload failed with status ${request.status}.`,
            'INVALID_ARGUMENT',
          ),
        );
    };
    request.onerror = () =>
      reject(new ControlError('The upload was cut off. Is the engine still running?', 'CANCELLED'));
    request.onabort = () => reject(new ControlError('The upload was cancelled.', 'CANCELLED'));
    signal?.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
