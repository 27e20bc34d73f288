import { useSyncExternalStore } from 'react';

const PREFIX = '#/models/';

/** The hash that shows a model: "#/models/demo-mlp"; without a name the list alone. */
export function modelHash(name: string | null): string {
  return name === null ? '#/models' : `${PREFIX}${encodeURIComponent(name)}`;
}

/** The model a hash names; null when it names none or is not well formed. */
export function modelOfHash(hash: string): string | null {
  if (!hash.startsWith(PREFIX)) return null;
  const name = hash.slice(PREFIX.length).split(/[/?]/)[0] ?? '';
  try {
    return name === '' ? null : decodeURIComponent(name);
  } catch {
    return null;
  }
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

/** The model that the address names, so that a link opens it and "back" goes back. */
export function useSelectedModel(): string | null {
  return useSyncExternalStore(subscribe, () => modelOfHash(window.location.hash));
}

export function selectModel(name: string | null): void {
  window.location.hash = modelHash(name);
}
