import { describe, expect, it, vi } from 'vitest';
import type { ModelInspection, ModelSummary } from '../../../engine/contract';
import { createLoadFlow, type LoadFlowPorts, modelNameFault } from './load-flow';

const inspection = { path: '/m/a.onnx', suggestedName: 'a' } as ModelInspection;
const loaded = { name: 'a' } as ModelSummary;

function flowWith(ports: Partial<LoadFlowPorts> = {}) {
  const onLoaded = vi.fn();
  const onFailedInBackground = vi.fn();
  const flow = createLoadFlow({
    inspect: async () => inspection,
    load: async () => loaded,
    upload: async () => '/uploads/a.onnx',
    pathOf: null,
    onLoaded,
    onFailedInBackground,
    nowMs: () => 7,
    ...ports,
  });
  return { flow, onLoaded, onFailedInBackground, stage: () => flow.store.getState().stage };
}

describe('load flow', () => {
  it('shows what a file says before it loads anything', async () => {
    const load = vi.fn(async () => loaded);
    const { flow, stage } = flowWith({ load });
    await flow.openPath('/m/a.onnx');
    expect(stage()).toEqual({ kind: 'inspected', inspection, name: 'a', error: null });
    expect(load).not.toHaveBeenCalled();
  });

  it('loads under the name the operator gave', async () => {
    const load = vi.fn(async () => loaded);
    const { flow, onLoaded } = flowWith({ load });
    await flow.openPath('/m/a.onnx');
    flow.rename('better-name');
    await flow.confirm();
    expect(load).toHaveBeenCalledWith('/m/a.onnx', 'better-name');
    expect(onLoaded).toHaveBeenCalledWith(loaded);
    expect(flow.store.getState().opened).toBe(false);
  });

  it('keeps the facts and says why when loading fails', async () => {
    const { flow, stage } = flowWith({ load: () => Promise.reject(new Error('opset 99 is not supported')) });
    await flow.openPath('/m/a.onnx');
    await flow.confirm();
    expect(stage()).toMatchObject({ kind: 'inspected', error: 'opset 99 is not supported' });
  });

  it('reports a failure outside the dialog when that was closed meanwhile', async () => {
    let fail: (error: Error) => void = () => undefined;
    const { flow, onFailedInBackground } = flowWith({
      load: () =>
        new Promise((_resolve, reject) => {
          fail = reject;
        }),
    });
    await flow.openPath('/m/a.onnx');
    const done = flow.confirm();
    flow.close();
    fail(new Error('disk full'));
    await done;
    expect(onFailedInBackground).toHaveBeenCalledWith('a', 'disk full');
  });

  it('goes back to the choice with the reason when a file cannot be read', async () => {
    const { flow, stage } = flowWith({ inspect: () => Promise.reject(new Error('not an ONNX file')) });
    await flow.openPath('/m/a.txt');
    expect(stage()).toEqual({ kind: 'choose', error: 'not an ONNX file' });
  });

  it('drops what an abandoned inspection brings', async () => {
    let answer: (inspection: ModelInspection) => void = () => undefined;
    const { flow, stage } = flowWith({
      inspect: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    const done = flow.openPath('/m/a.onnx');
    flow.restart();
    answer(inspection);
    await done;
    expect(stage()).toEqual({ kind: 'choose', error: null });
  });

  it('uploads a dropped file in a browser and takes its path on the desktop', async () => {
    const inspect = vi.fn(async () => inspection);
    await flowWith({ inspect }).flow.takeFile(new File(['x'], 'a.onnx'));
    expect(inspect).toHaveBeenLastCalledWith('/uploads/a.onnx');
    await flowWith({ inspect, pathOf: () => '/home/me/a.onnx' }).flow.takeFile(new File(['x'], 'a.onnx'));
    expect(inspect).toHaveBeenLastCalledWith('/home/me/a.onnx');
  });

  it('stops sending when the upload is cancelled', () => {
    let signal: AbortSignal | null = null;
    const { flow, stage } = flowWith({
      upload: (_file, _progress, given) => {
        signal = given;
        return new Promise(() => undefined);
      },
    });
    void flow.takeFile(new File(['x'], 'a.onnx'));
    expect(stage()).toMatchObject({ kind: 'uploading', fileName: 'a.onnx' });
    flow.close();
    expect(signal).toMatchObject({ aborted: true });
    expect(stage()).toMatchObject({ kind: 'choose' });
  });

  it('refuses another kind of file in a browser before sending it', async () => {
    const upload = vi.fn(async () => '');
    const { flow, stage } = flowWith({ upload });
    await flow.takeFile(new File(['x'], 'notes.txt'));
    expect(stage()).toMatchObject({ kind: 'choose' });
    expect((stage() as { error: string }).error).toContain('notes.txt');
    expect(upload).not.toHaveBeenCalled();
  });
});

describe('model name', () => {
  it('is refused with a reason when it is empty, malformed or taken', () => {
    expect(modelNameFault('', [])).toBe('a name is needed');
    expect(modelNameFault('../x', [])).toContain('use letters');
    expect(modelNameFault('a', ['a'])).toContain('already');
    expect(modelNameFault('a-2', ['a'])).toBeNull();
  });
});
