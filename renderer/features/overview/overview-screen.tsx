import {
  ActionIcon,
  Button,
  Group,
  SegmentedControl,
  Select,
  Skeleton,
  Stack,
  Text,
  Title,
  Tooltip,
} from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconStack2 } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { ModelSummary } from '../../../engine/contract';
import { ChangeList, chartMarks } from '../../charts';
import { EmptyPanel } from '../../components';
import { formatClock } from '../../format';
import {
  type ChartWindow,
  currentRates,
  modelsStore,
  preferencesStore,
  setChartWindow,
  togglePaused,
} from '../../stores';
import { Address } from './address';
import { DeviceCharts } from './device-charts';
import { DevicePanels } from './device-panels';
import { ModelCard } from './model-card';
import { ModelCharts } from './model-charts';
import classes from './overview.module.css';
import { ShowMe } from './show-me';
import { useLiveWindow, useVisibleSamples } from './use-live-window';

const WINDOWS = [
  { label: '1 min', value: '1' },
  { label: '5 min', value: '5' },
  { label: '15 min', value: '15' },
];

/** What the engine does now: address, models, and live charts on one clock. */
export function OverviewScreen() {
  const models = useStore(modelsStore, (state) => state.models);
  if (models === null) return <Loading />;
  return (
    <Stack gap="sm">
      <section className={`ferry-panel ${classes.hero}`} aria-label="Engine">
        <Address />
        <ShowMe />
      </section>
      <section aria-label="Models">{models.length === 0 ? <NoModel /> : <Cards models={models} />}</section>
      <DevicePanels />
      <Charts names={models.map(({ name }) => name)} />
    </Stack>
  );
}

function NoModel() {
  return (
    <div className="ferry-panel">
      <EmptyPanel
        icon={<IconStack2 size={24} />}
        title="No model yet"
        description="Open an .onnx file on the Models screen, or drop one there. It is copied into the repository and served at once."
        action={
          <Button component="a" href="#/models">
            Load a model
          </Button>
        }
      />
    </div>
  );
}

function Cards({ models }: { readonly models: readonly ModelSummary[] }) {
  const samples = useVisibleSamples();
  return (
    <div className={classes.cards}>
      {models.map((model) => (
        <ModelCard key={model.name} model={model} rates={currentRates(samples, model.name)} />
      ))}
    </div>
  );
}

function Charts({ names }: { readonly names: readonly string[] }) {
  const live = useLiveWindow();
  const [chosen, setChosen] = useState<string | null>(null);
  // A model that was removed is no longer a choice.
  const model = chosen !== null && names.includes(chosen) ? chosen : null;
  const marks = useMemo(() => chartMarks(live.marks, live, model), [live, model]);
  return (
    <section aria-label="Live charts">
      <ChartControls names={names} model={model} onModel={setChosen} />
      <div className={classes.charts}>
        <ModelCharts live={live} model={model} marks={marks} />
        <DeviceCharts live={live} marks={marks} />
      </div>
      <ChangeList
        marks={marks}
        when={({ secondsAgo }) => formatClock(live.toMs + secondsAgo * 1000)}
        empty="Nothing was changed, loaded, evicted or scaled in the time shown."
      />
    </section>
  );
}

interface ChartControlsProps {
  readonly names: readonly string[];
  readonly model: string | null;
  readonly onModel: (name: string | null) => void;
}

function ChartControls({ names, model, onModel }: ChartControlsProps) {
  const paused = useStore(preferencesStore, (state) => state.paused);
  const windowMinutes = useStore(preferencesStore, (state) => state.chartWindow);
  const choices = [
    { value: '', label: 'All models' },
    ...names.map((name) => ({ value: name, label: name })),
  ];
  return (
    <Group justify="space-between" mb="xs" gap="xs">
      <Group gap="sm">
        <Title order={2} fz="md">
          Live
        </Title>
        <Text size="sm" c="dimmed" role="status">
          {paused ? 'The charts are paused; the engine goes on.' : ''}
        </Text>
      </Group>
      <Group gap="xs">
        <Select
          size="xs"
          w={180}
          aria-label="Models in the charts"
          data={choices}
          value={model ?? ''}
          onChange={(value) => onModel(value || null)}
          allowDeselect={false}
        />
        <SegmentedControl
          size="xs"
          aria-label="Time shown"
          data={WINDOWS}
          value={String(windowMinutes)}
          onChange={(value) => setChartWindow(Number(value) as ChartWindow)}
        />
        <Tooltip label={paused ? 'Go on (Space)' : 'Pause (Space)'}>
          <ActionIcon
            variant={paused ? 'filled' : 'default'}
            aria-label={paused ? 'Resume the charts' : 'Pause the charts'}
            aria-pressed={paused}
            onClick={togglePaused}
          >
            {paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
          </ActionIcon>
        </Tooltip>
      </Group>
    </Group>
  );
}

function Loading() {
  return (
    <Stack gap="md" aria-busy="true" role="status" aria-label="Waiting for the engine">
      <Skeleton h={110} animate={false} />
      <div className={classes.cards}>
        {[1, 2, 3].map((n) => (
          <Skeleton key={n} h={150} animate={false} />
        ))}
      </div>
      <Skeleton h={220} animate={false} />
    </Stack>
  );
}
