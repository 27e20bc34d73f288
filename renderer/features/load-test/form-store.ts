import { createStore } from 'zustand/vanilla';
import type { LoadTestRunSummary, ModelSummary } from '../../../engine/contract';
import { defaultForm, formForModel, formOfScenario, type ScenarioForm } from './scenario-form';

interface FormState {
  /** Null until a model to test is known. */
  readonly form: ScenarioForm | null;
  /** Faults are shown from the first attempt to start on, not while the form is still being filled in. */
  readonly showFaults: boolean;
}

/** The load-test form; it lives outside the screen, so that looking at another screen does not empty it. */
export const formStore = createStore<FormState>(() => ({ form: null, showFaults: false }));

export function changeForm(change: Partial<ScenarioForm>): void {
  const { form } = formStore.getState();
  if (form !== null) formStore.setState({ form: { ...form, ...change } });
}

/** Chooses the model to test; the traffic already described stays. */
export function chooseModel(model: ModelSummary): void {
  const { form } = formStore.getState();
  formStore.setState({
    form: form === null ? defaultForm(model) : formForModel(form, model),
    showFaults: false,
  });
}

/** Puts the scenario of a kept run into the form. */
export function reuseScenario(run: LoadTestRunSummary, model: ModelSummary): void {
  formStore.setState({ form: formOfScenario(run.scenario, defaultForm(model)), showFaults: false });
}

/** The model that "#/load-test/demo-mlp" names; null when it names none. */
function modelOfHash(hash: string): string | null {
  const name = /^#\/load-test\/([^/?]+)/.exec(hash)?.[1];
  try {
    return name === undefined ? null : decodeURIComponent(name);
  } catch {
    return null;
  }
}

/** Chooses the model that the address names, once; it is taken out of the address, for the form may change it. */
export function chooseModelOfHash(models: readonly ModelSummary[]): void {
  const name = modelOfHash(window.location.hash);
  if (name === null) return;
  window.history.replaceState(null, '', '#/load-test');
  const model = models.find((candidate) => candidate.name === name);
  if (model !== undefined && formStore.getState().form?.model !== name) chooseModel(model);
}

/** Chooses a first model when there is none yet: a ready one, the batchable before the others. */
export function chooseFirstModel(models: readonly ModelSummary[]): void {
  if (formStore.getState().form !== null) return;
  const first =
    models.find((model) => model.state === 'ready' && model.batchable) ??
    models.find((model) => model.state === 'ready') ??
    models[0];
  if (first !== undefined) chooseModel(first);
}

export function showFaults(): void {
  formStore.setState({ showFaults: true });
}
