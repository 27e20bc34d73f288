import { createStore } from 'zustand/vanilla';

/** True while a file is dragged over the window. */
export const dropStore = createStore<{ readonly dragging: boolean }>(() => ({ dragging: false }));

function holdsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

/**
 * Takes a file dropped anywhere on the window, whatever screen it shows; without this a browser would leave the console to
 * open the file. Returns the function that ends it.
 */
export function listenForDrops(target: Window, onFile: (file: File) => void): () => void {
  const ends = new AbortController();
  const options = { signal: ends.signal };
  // dragenter and dragleave fire for every element passed on the way: only the balance says "still over the window".
  let depth = 0;
  const setDepth = (next: number) => {
    depth = Math.max(0, next);
    if (dropStore.getState().dragging !== depth > 0) dropStore.setState({ dragging: depth > 0 });
  };
  const listen = (type: 'dragenter' | 'dragleave' | 'dragover' | 'drop', act: (event: DragEvent) => void) =>
    target.addEventListener(type, (event) => holdsFiles(event) && act(event), options);
  listen('dragenter', () => setDepth(depth + 1));
  listen('dragleave', () => setDepth(depth - 1));
  listen('dragover', (event) => event.preventDefault());
  listen('drop', (event) => {
    event.preventDefault();
    setDepth(0);
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) onFile(file);
  });
  return () => ends.abort();
}
