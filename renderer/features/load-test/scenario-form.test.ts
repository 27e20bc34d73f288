import { describe, expect, it } from 'vitest';
import type { ModelSummary } from '../../../engine/contract';
import { modelSummary } from '../../stores/model-summary.fixture';
import { plannedInputs, requestBytes } from './planned-request';
import {
  buildScenario,
  defaultForm,
  dynamicDimsOf,
  fieldLabel,
  formForModel,
  formOfScenario,
} from './scenario-form';

const model = modelSummary({
  name: 'text-model',
  inputs: [
    { name: 'ids', datatype: 'INT64', shape: [-1, -1], dimNames: ['batch', 'seq_len'], optional: false },
    {
      name: 'image',
      datatype: 'FP32',
      shape: [-1, 3, -1, -1],
      dimNames: ['batch', null, null, null],
      optional: false,
    },
  ],
});

const fixed: ModelSummary = {
  ...model,
  name: 'fixed',
  batchable: false,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, -1], dimNames: [null, 'width'], optional: false }],
};

describe('load-test form', () => {
  it('starts with a scenario that the contract accepts', () => {
    const built = buildScenario(defaultForm(model), model);
    expect(built).toMatchObject({ ok: true, scenario: { executor: { kind: 'closed', clients: 32 } } });
  });

  it('lists the open dimensions without the batch dimension', () => {
    expect(dynamicDimsOf(model)).toEqual([
      { input: 'ids', axis: 1, name: 'seq_len' },
      { input: 'image', axis: 2, name: null },
      { input: 'image', axis: 3, name: null },
    ]);
    expect(dynamicDimsOf(fixed)).toEqual([{ input: 'x', axis: 1, name: 'width' }]);
  });

  it('proposes tokens for a sequence and pixels for an image', () => {
    expect(defaultForm(model).dynamicDims).toEqual({ ids: { 1: 16 }, image: { 2: 64, 3: 64 } });
  });

  it('sends seconds as milliseconds', () => {
    const built = buildScenario({ ...defaultForm(model), durationSeconds: 1.5, warmupSeconds: 0 }, model);
    expect(built).toMatchObject({ ok: true, scenario: { durationMs: 1_500, warmupMs: 0 } });
  });

  it('sends only the fields of the chosen executor', () => {
    const built = buildScenario({ ...defaultForm(model), kind: 'open', clients: '' }, model);
    expect(built.ok && built.scenario.executor).toEqual({
      kind: 'open',
      requestsPerSecond: 200,
      arrivals: 'poisson',
      maxInFlight: 512,
    });
  });

  it('names every fault under its own field at once', () => {
    const built = buildScenario(
      { ...defaultForm(model), clients: 0, durationSeconds: 0.1, seed: '', rowsPerRequest: 5_000 },
      model,
    );
    expect(built.ok).toBe(false);
    expect(Object.keys(built.ok ? {} : built.faults).sort()).toEqual([
      'clients',
      'durationSeconds',
      'rowsPerRequest',
      'seed',
    ]);
  });

  it('takes an emptied field as a question, not as a default', () => {
    const built = buildScenario({ ...defaultForm(model), durationSeconds: '', clients: '' }, model);
    expect(built).toMatchObject({
      ok: false,
      faults: { durationSeconds: 'a number is needed', clients: 'a number is needed' },
    });
  });

  it('points at the dimension that is out of range', () => {
    const built = buildScenario({ ...defaultForm(model), dynamicDims: { ids: { 1: 70_000 } } }, model);
    expect(Object.keys(built.ok ? {} : built.faults)).toEqual(['dynamicDims.ids.1']);
  });

  it('refuses more rows than the model puts into one batch, and half floats as JSON', () => {
    const rows = buildScenario({ ...defaultForm(model), rowsPerRequest: 17 }, model);
    expect(rows.ok ? null : rows.faults.rowsPerRequest).toContain('16');
    const halves: ModelSummary = { ...model, inputs: [{ ...model.inputs[0]!, datatype: 'FP16' }] };
    const json = buildScenario({ ...defaultForm(halves), encoding: 'json' }, halves);
    expect(Object.keys(json.ok ? {} : json.faults)).toEqual(['encoding']);
  });

  it('does not ask for the dimensions of an input that is not sent', () => {
    const optional = { ...model, inputs: model.inputs.map((input) => ({ ...input, optional: true })) };
    expect(dynamicDimsOf(optional)).toEqual([]);
  });

  it('names each field as the form does', () => {
    expect(fieldLabel('durationSeconds')).toBe('Duration');
    expect(fieldLabel('dynamicDims.input.0.2')).toBe('input.0 axis 2');
  });

  it('refuses several rows for a model that takes one', () => {
    const built = buildScenario({ ...defaultForm(fixed), rowsPerRequest: 2 }, fixed);
    expect(built.ok ? null : built.faults.rowsPerRequest).toContain('1 row');
  });

  it('keeps the traffic and renews the inputs when another model is chosen', () => {
    const form = formForModel({ ...defaultForm(model), clients: 99, rowsPerRequest: 4 }, fixed);
    expect(form).toMatchObject({
      model: 'fixed',
      clients: 99,
      rowsPerRequest: 1,
      dynamicDims: { x: { 1: 1 } },
    });
  });

  it('gives back the scenario it was filled from', () => {
    const form = {
      ...defaultForm(model),
      kind: 'open' as const,
      requestsPerSecond: 50,
      label: 'before',
      seed: 7,
    };
    const built = buildScenario(form, model);
    if (!built.ok) throw new Error('the form is meant to be right');
    expect(buildScenario(formOfScenario(built.scenario, defaultForm(fixed)), model)).toEqual(built);
  });
});

describe('planned request', () => {
  it('fills rows and open dimensions into each shape and counts the bytes', () => {
    const inputs = plannedInputs(model, { ...defaultForm(model), rowsPerRequest: 2 });
    expect(inputs.map((input) => input.shape)).toEqual([
      [2, 16],
      [2, 3, 64, 64],
    ]);
    expect(requestBytes(inputs)).toBe(2 * 16 * 8 + 2 * 3 * 64 * 64 * 4);
  });

  it('does not pretend to know the length of strings', () => {
    const strings: ModelSummary = {
      ...model,
      inputs: [{ name: 's', datatype: 'BYTES', shape: [-1], dimNames: ['batch'], optional: false }],
    };
    expect(requestBytes(plannedInputs(strings, defaultForm(strings)))).toBeNull();
  });

  it('leaves the fixed dimensions of an unbatchable model alone', () => {
    expect(plannedInputs(fixed, defaultForm(fixed))[0]?.shape).toEqual([1, 1]);
  });
});
