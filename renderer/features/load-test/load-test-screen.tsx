import { Alert, Button, List, Paper, Stack, Text, Title } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import {
  IconAlertCircle,
  IconArrowLeft,
  IconPackageImport,
  IconPlayerPlay,
  IconPlayerStop,
  IconRocket,
} from '@tabler/icons-react';
import { type FormEvent, useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import type { LoadTestRun, ModelSummary } from '../../../engine/contract';
import { EmptyPanel } from '../../components';
import { SettingsPanel } from '../../model-settings';
import { loadTestStore, modelsStore } from '../../stores';
import { executorText } from './export-run';
import { chooseFirstModel, chooseModelOfHash, formStore } from './form-store';
import { HistoryTable } from './history-table';
import classes from './load-test.module.css';
import { RunView } from './run-view';
import { ScenarioFields } from './scenario-fields';
import { buildScenario, fieldLabel, type ScenarioFaults, type ScenarioForm } from './scenario-form';
import { type RunControl, useRunControl } from './use-run-control';

const NO_MODELS: readonly ModelSummary[] = [];
const NO_FAULTS: ScenarioFaults = {};

/** Screen "Load test": describe the traffic, run it, read the result, and move the model's settings meanwhile. */
export function LoadTestScreen() {
  const models = useStore(modelsStore, (state) => state.models);
  const form = useStore(formStore, (state) => state.form);
  const control = useRunControl();
  useEffect(() => {
    if (models === null) return;
    chooseModelOfHash(models);
    chooseFirstModel(models);
  }, [models]);
  return (
    <Stack gap="lg">
      <Title order={2}>Load test</Title>
      {form === null ? (
        <NoForm loaded={models !== null} />
      ) : (
        <div className={classes.layout}>
          <Setup form={form} models={models ?? NO_MODELS} control={control} />
          <Result control={control} />
        </div>
      )}
      <History control={control} />
    </Stack>
  );
}

function NoForm({ loaded }: { readonly loaded: boolean }) {
  if (!loaded)
    return (
      <Text size="sm" c="dimmed" role="status">
        Reading the list of models…
      </Text>
    );
  return (
    <EmptyPanel
      icon={<IconPackageImport size={32} />}
      title="There is no model to test"
      description="Load one first; the form then fills itself in from what the model takes."
      action={
        <Button component="a" href="#/models">
          Go to Models
        </Button>
      }
    />
  );
}

interface SetupProps {
  readonly form: ScenarioForm;
  readonly models: readonly ModelSummary[];
  readonly control: RunControl;
}

/** The form before a run. While one goes on, the model's settings take its place, in view beside the charts. */
function Setup({ form, models, control }: SetupProps) {
  const { live, running } = control;
  const name = running?.scenario.model ?? form.model;
  const model = models.find((candidate) => candidate.name === name) ?? null;
  useHotkeys([['t', () => (live ? control.stop() : control.start())]]);
  return (
    <div className={classes.setup}>
      {running === null ? (
        <ScenarioPanel form={form} models={models} model={model} control={control} />
      ) : (
        <RunningPanel run={running} control={control} />
      )}
      {model !== null && model.state === 'ready' && (
        <Paper className="ferry-panel" p="lg" component="section" aria-label={`Settings of ${model.name}`}>
          <Title order={3} size="h5" mb="sm">
            Settings of {model.name}
          </Title>
          <SettingsPanel key={model.name} model={model} compact />
        </Paper>
      )}
    </div>
  );
}

function RunningPanel({ run, control }: { readonly run: LoadTestRun; readonly control: RunControl }) {
  const { scenario } = run;
  return (
    <Paper className="ferry-panel" p="lg" component="section" aria-label="Running load test">
      <Stack gap="sm">
        <div>
          <Text fw={600}>{scenario.label === '' ? scenario.model : scenario.label}</Text>
          <Text size="sm" c="dimmed">
            {executorText(scenario.executor)}, {scenario.rowsPerRequest}{' '}
            {scenario.rowsPerRequest === 1 ? 'row' : 'rows'} a request, {scenario.encoding}
          </Text>
        </div>
        <Button
          color="red"
          leftSection={<IconPlayerStop size={18} />}
          loading={control.stopping || run.state === 'stopping'}
          onClick={control.stop}
        >
          Stop
        </Button>
        <Text size="xs" c="dimmed">
          Move the settings of the model meanwhile and watch what they do.
        </Text>
      </Stack>
    </Paper>
  );
}

function ScenarioPanel({
  form,
  models,
  model,
  control,
}: SetupProps & { readonly model: ModelSummary | null }) {
  const showFaults = useStore(formStore, (state) => state.showFaults);
  const built = useMemo(() => buildScenario(form, model), [form, model]);
  const faults = showFaults && !built.ok ? built.faults : NO_FAULTS;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    control.start();
  };
  return (
    <Paper
      className="ferry-panel"
      p="lg"
      component="form"
      onSubmit={submit}
      aria-label="Load test scenario"
      noValidate
    >
      <Stack gap="md">
        <ScenarioFields
          form={form}
          models={models}
          model={model}
          faults={faults}
          disabled={control.starting}
        />
        <FaultSummary faults={faults} />
        {control.error !== null && (
          <Alert
            color="red"
            variant="light"
            icon={<IconAlertCircle size={18} />}
            role="alert"
            title="The load test did not start"
          >
            {control.error}
          </Alert>
        )}
        {model !== null && model.state !== 'ready' && (
          <Alert role="note" color="yellow" variant="light" p="xs">
            {model.name} is {model.state}: load it before the test.
          </Alert>
        )}
        <Button
          type="submit"
          leftSection={<IconPlayerPlay size={18} />}
          loading={control.starting}
          disabled={model?.state !== 'ready'}
        >
          Start
        </Button>
      </Stack>
    </Paper>
  );
}

/** Some fields are folded away: what is wrong with them is said here too, so that "Start" never does nothing silently. */
function FaultSummary({ faults }: { readonly faults: ScenarioFaults }) {
  const entries = Object.entries(faults);
  if (entries.length === 0) return null;
  return (
    <Alert color="red" variant="light" p="xs" title="Not started: correct these first" role="alert">
      <List size="sm">
        {entries.map(([field, fault]) => (
          <List.Item key={field}>
            {fieldLabel(field)}: {fault}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Result({ control }: { readonly control: RunControl }) {
  const { shown, live, repeat } = control;
  if (control.openError !== null)
    return (
      <Alert
        color="red"
        variant="light"
        title="The run could not be opened"
        withCloseButton
        closeButtonLabel="Back to the current run"
        onClose={control.close}
      >
        {control.openError}
      </Alert>
    );
  if (shown === null)
    return (
      <Paper className="ferry-panel" p="xl">
        <EmptyPanel
          icon={<IconRocket size={32} />}
          title="Nothing has run yet"
          description="Start a test: throughput, latency percentiles and errors appear here while it runs. Move the batch size meanwhile and watch what it does."
        />
      </Paper>
    );
  return (
    <Stack gap="sm">
      {control.opened && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconArrowLeft size={14} />}
          onClick={control.close}
          w="fit-content"
        >
          {live ? 'Back to the run that goes on' : 'Back to the latest run'}
        </Button>
      )}
      <RunView run={shown} onRepeat={live ? null : () => repeat(shown)} />
    </Stack>
  );
}

function History({ control }: { readonly control: RunControl }) {
  const runs = useStore(loadTestStore, (state) => state.history);
  return (
    <HistoryTable
      runs={runs}
      error={control.historyError}
      openId={control.shown?.id ?? null}
      onOpen={control.open}
      onDeleted={control.forget}
      onRepeat={control.live ? null : control.repeat}
    />
  );
}
