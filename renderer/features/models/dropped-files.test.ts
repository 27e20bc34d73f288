import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dropStore, listenForDrops } from './dropped-files';

function drag(type: string, files: readonly File[] | null): Event {
  const event = new Event(type, { bubbles: true, cancelable: true });
  const dataTransfer = files === null ? { types: ['text/plain'], files: [] } : { types: ['Files'], files };
  Object.defineProperty(event, 'dataTransfer', { value: dataTransfer });
  window.dispatchEvent(event);
  return event;
}

describe('dropped files', () => {
  const file = new File(['x'], 'a.onnx');
  const onFile = vi.fn();
  let end = () => undefined as unknown;
  beforeEach(() => {
    onFile.mockReset();
    end = listenForDrops(window, onFile);
  });
  afterEach(() => end());

  it('hands over a file dropped anywhere and keeps the browser from opening it', () => {
    expect(drag('dragover', [file]).defaultPrevented).toBe(true);
    expect(drag('drop', [file]).defaultPrevented).toBe(true);
    expect(onFile).toHaveBeenCalledWith(file);
  });

  it('knows that the file is still over the window while it passes over elements', () => {
    drag('dragenter', [file]);
    drag('dragenter', [file]);
    drag('dragleave', [file]);
    expect(dropStore.getState().dragging).toBe(true);
    drag('dragleave', [file]);
    expect(dropStore.getState().dragging).toBe(false);
  });

  it('leaves dragged text alone', () => {
    expect(drag('drop', null).defaultPrevented).toBe(false);
    expect(onFile).not.toHaveBeenCalled();
  });

  it('ends when told to', () => {
    end();
    drag('drop', [file]);
    expect(onFile).not.toHaveBeenCalled();
  });
});
