import { SegmentedControl } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { DeviceInfo, DeviceSample, Reading } from '../../../engine/contract';
import { type ChartMark, type ChartSeries, LiveChart } from '../../charts';
import { formatBytes, formatPercent } from '../../format';
import { type DevicePoint, deviceSeries, statusStore } from '../../stores';
import { pointsOf } from './chart-points';
import type { LiveWindow } from './use-live-window';

const SHARES: readonly ChartSeries[] = [
  { label: 'busy share', color: 'var(--ferry-chart-1)', kind: 'line' },
  { label: 'driver', color: 'var(--ferry-chart-2)', kind: 'line', dash: '6 3' },
  { label: 'memory', color: 'var(--ferry-chart-3)', kind: 'line', dash: '2 2' },
];

const sharesOf = ({ busyShare, utilization, memoryUsedBytes, memoryTotalBytes }: DevicePoint) => [
  busyShare,
  utilization,
  memoryUsedBytes !== null && memoryTotalBytes ? memoryUsedBytes / memoryTotalBytes : null,
];

const NO_DEVICES: readonly DeviceInfo[] = [];

/** One device: the engine's own busy share beside the driver's utilisation, and its memory, all as shares of what there is. */
export function DeviceCharts({
  live,
  marks,
}: {
  readonly live: LiveWindow;
  readonly marks: readonly ChartMark[];
}) {
  const infos = useStore(statusStore, (state) => state.status?.devices ?? NO_DEVICES);
  const [chosen, setChosen] = useState<string | null>(null);
  const { samples, fromMs, toMs, windowMinutes } = live;
  const present = samples.at(-1)?.devices ?? [];
  const shown = present.find((device) => device.id === chosen) ?? busiest(present);
  const id = shown?.id;
  const points = useMemo(
    () =>
      id === undefined ? [] : pointsOf(deviceSeries(samples, id, fromMs, toMs), { fromMs, toMs }, sharesOf),
    [samples, id, fromMs, toMs],
  );
  if (!shown) return null;
  const info = infos.find((one) => one.id === shown.id);
  const picker = present.length > 1 && (
    <SegmentedControl
      size="xs"
      aria-label="Device in the chart"
      value={shown.id}
      onChange={setChosen}
      data={present.map((device) => ({ value: device.id, label: device.id }))}
    />
  );
  return (
    <LiveChart
      windowMinutes={windowMinutes}
      marks={marks}
      title="Device"
      unit={`${info?.name ?? shown.id}${info?.kind === 'simulated' ? ' (simulated)' : ''}`}
      series={SHARES}
      top={1}
      format={formatPercent}
      points={points}
      aside={picker}
      note={<span>{notesOf(shown, info).join(' · ')}</span>}
    />
  );
}

/** What is read of the device beside its shares, and for what cannot be read the reason. */
function notesOf(device: DeviceSample, info: DeviceInfo | undefined): readonly string[] {
  const missing = new Map<string, string[]>();
  const notes: string[] = [];
  const read = (what: string, reading: Reading, format: ((value: number) => string) | null) => {
    if (reading.value === null) missing.set(reading.reason, [...(missing.get(reading.reason) ?? []), what]);
    else if (format) notes.push(format(reading.value));
  };
  const total = device.memoryTotalBytes.value;
  read('driver', device.utilization, null);
  read('memory', device.memoryUsedBytes, (used) =>
    total === null ? formatBytes(used) : `${formatBytes(used)} of ${formatBytes(total)}`,
  );
  read('power', device.powerWatts, (watts) => `${watts.toFixed(0)} W`);
  read('temperature', device.temperatureCelsius, (celsius) => `${celsius.toFixed(0)} °C`);
  if (device.instances > 1) notes.push(`busy share is the mean of its ${device.instances} instances`);
  if (device.instances === 0) missing.set('no instance runs on it', ['busy share']);
  return [
    ...notes,
    ...[...missing].map(([reason, what]) => `${what.join(', ')} n/a: ${reason}`),
    ...(info ? [`read from ${info.source === 'os' ? 'the operating system' : info.source}`] : []),
  ];
}

function busiest(devices: readonly DeviceSample[]): DeviceSample | undefined {
  return devices.reduce<DeviceSample | undefined>(
    (best, device) => (best === undefined || device.busyUs > best.busyUs ? device : best),
    undefined,
  );
}
