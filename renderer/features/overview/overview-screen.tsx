import { ActionIcon, Button, Group, SegmentedControl, Select, Skeleton, Stack, Text, Title, Tooltip } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconStack2 } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { EmptyPanel } from '../../components';
import { type ChartWindow, currentRates, metricsStore, modelsStore, preferencesStore, setChartWindow, togglePaused } from '../../stores';
import { Address } from './address';
import { DeviceCharts } from './device-charts';
import { ModelCard } from './model-card';
import { ModelCharts } from './model-charts';
import classes from './overview.module.css';
import { ShowMe } from './show-me';
import { useLiveWindow } from './use-live-window';

const WINDOWS = [
  { label: '1 min', value: '1' },
  { label: '5 min', value: '5' },
  { label: '15 min', value: '15' },
];

/** What the engine does now: address, models, and live charts on one clock. */
export function OverviewScreen() {
  const models = useStore(modelsStore, (state) => state.models);
  const samples = useStore(metricsStore, (state) => state.samples);
  const [model, setModel] = useState<string | null>(null);
  const rates = useMemo(() => new Map((models ?? []).map(({ name }) => [name, currentRates(samples, name)])), [models, samples]);
  if (models === null) return <Loading />;
  return (
    <Stack gap="md">
      <section className={`ferry-panel ${classes.hero}`} aria-label="Engine">
        <Stack gap="sm">
          <Address models={models} />
          <ShowMe />
        </Stack>
      </section>
      <section aria-label="Models">
        {models.length === 0 ? (
          <EmptyPanel
            icon={<IconStack2 size={24} />}
            title="No model yet"
            description="Open an .onnx file on the Models screen, or drop one anywhere on this window. It is copied into the repository and served at once."
            action={<Button component="a" href="#/models">Load a model</Button>}
          />
        ) : (
          <div className={classes.cards}>
            {models.map((summary) => (
              <ModelCard key={summary.name} model={summary} rates={rates.get(summary.name) ?? null} />
            ))}
          </div>
        )}
      </section>
      <Charts model={model} onModel={setModel} names={models.map(({ name }) => name)} />
    </Stack>
  );
}

function Charts({ model, onModel, names }: { readonly model: string | null; readonly onModel: (name: string | null) => void; readonly names: readonly string[] }) {
  const live = useLiveWindow();
  const paused = useStore(preferencesStore, (state) => state.paused);
  return (
    <section aria-label="Live charts">
      <Group justify="space-between" mb="xs">
        <Title order={2} fz="md">
          Live
        </Title>
        <Group gap="xs">
          <Select size="xs" w={180} aria-label="Models in the charts" data={[{ value: '', label: 'All models' }, ...names.map((name) => ({ value: name, label: name }))]} value={model ?? ''} onChange={(value) => onModel(value || null)} allowDeselect={false} />
          <SegmentedControl size="xs" aria-label="Time shown" data={WINDOWS} value={String(live.windowMinutes)} onChange={(value) => setChartWindow(Number(value) as ChartWindow)} />
          <Tooltip label={paused ? 'Go on (Space)' : 'Pause (Space)'}>
            <ActionIcon variant={paused ? 'filled' : 'default'} aria-label={paused ? 'Resume the charts' : 'Pause the charts'} aria-pressed={paused} onClick={togglePaused}>
              {paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      {paused && (
        <Text size="sm" c="dimmed" mb="xs" role="status">
          The charts are paused; the engine goes on.
        </Text>
      )}
      <div className={classes.charts}>
        <ModelCharts live={live} model={model} />
        <DeviceCharts live={live} />
      </div>
    </section>
  );
}

function Loading() {
  return (
    <Stack gap="md" aria-busy="true" aria-label="Waiting for the engine">
      <Skeleton h={110} />
      <div className={classes.cards}>
        {[1, 2, 3].map((n) => (
          <Skeleton key={n} h={150} />
        ))}
      </div>
      <Skeleton h={220} />
    </Stack>
  );
}
