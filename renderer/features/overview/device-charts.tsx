import { Group, SegmentedControl, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { DeviceInfo, DeviceSample, Reading } from '../../../engine/contract';
import { type ChartSeries, LiveChart } from '../../charts';
import { formatBytes, formatPercent } from '../../format';
import { deviceSeries, statusStore } from '../../stores';
import { MAX_POINTS, marksOf, pointsOf } from './chart-points';
import type { LiveWindow } from './use-live-window';

const UTILIZATION: readonly ChartSeries[] = [
  { label: 'driver', color: 'var(--ferry-chart-2)', kind: 'line', dash: '6 3' },
  { label: 'busy share (instances executing)', color: 'var(--ferry-chart-1)', kind: 'line' },
];
const MEMORY: readonly ChartSeries[] = [
  { label: 'used', color: 'var(--ferry-chart-1)', kind: 'line' },
  { label: 'total', color: 'var(--ferry-muted)', kind: 'line', dash: '2 2' },
];

/** Utilisation by the driver beside the engine's own busy share, and memory, of one device. */
export function DeviceCharts({ live }: { readonly live: LiveWindow }) {
  const infos = useStore(statusStore, (state) => state.status?.devices) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const { samples, fromMs, toMs, windowMinutes } = live;
  const present = samples.at(-1)?.devices ?? [];
  const shown = present.find((device) => device.id === chosen) ?? busiest(present);
  const points = useMemo(() => (shown ? deviceSeries(samples, shown.id, fromMs, toMs, MAX_POINTS) : []), [samples, shown?.id, fromMs, toMs]);
  const marks = useMemo(() => marksOf(live, null), [live.marks, fromMs, toMs]);
  if (!shown) return null;
  const info = infos.find(({ id }) => id === shown.id);
  const picker = present.length > 1 && (
    <SegmentedControl size="xs" aria-label="Device in the charts" value={shown.id} onChange={setChosen} data={present.map(({ id }) => ({ value: id, label: id }))} />
  );
  return (
    <>
      <LiveChart
        windowMinutes={windowMinutes}
        marks={marks}
        title={`Device: ${info?.name ?? shown.id}`}
        unit={info?.kind === 'simulated' ? 'simulated' : 'utilisation'}
        series={UTILIZATION}
        top={1}
        format={formatPercent}
        points={pointsOf(points, toMs, (point) => [point.utilization, point.busyShare])}
        note={<Notes picker={picker} lines={[reasonOf('Driver utilisation', shown.utilization), busyNote(shown)]} />}
      />
      <LiveChart
        windowMinutes={windowMinutes}
        marks={marks}
        title="Device memory"
        unit={info?.name ?? shown.id}
        series={MEMORY}
        format={formatBytes}
        points={pointsOf(points, toMs, (point) => [point.memoryUsedBytes, point.memoryTotalBytes])}
        note={<Notes picker={null} lines={[reasonOf('Memory', shown.memoryUsedBytes), vitals(shown, info)]} />}
      />
    </>
  );
}

function Notes({ picker, lines }: { readonly picker: React.ReactNode; readonly lines: readonly (string | null)[] }) {
  return (
    <Group justify="space-between" gap="xs">
      <Text size="xs" c="dimmed">
        {lines.filter((line) => line !== null).join(' · ')}
      </Text>
      {picker}
    </Group>
  );
}

const reasonOf = (what: string, reading: Reading): string | null => (reading.value === null ? `${what} n/a: ${reading.reason}` : null);

const busyNote = (device: DeviceSample): string | null => (device.instances === 0 ? 'Busy share n/a: no instance runs on this device' : null);

function vitals(device: DeviceSample, info: DeviceInfo | undefined): string {
  const power = device.powerWatts.value === null ? 'power n/a' : `${device.powerWatts.value.toFixed(0)} W`;
  const heat = device.temperatureCelsius.value === null ? 'temperature n/a' : `${device.temperatureCelsius.value.toFixed(0)} °C`;
  return `${power} · ${heat}${info ? ` · read from ${info.source}` : ''}`;
}

function busiest(devices: readonly DeviceSample[]): DeviceSample | undefined {
  return [...devices].sort((a, b) => b.busyUs - a.busyUs)[0];
}
