import { Text } from '@mantine/core';
import { IconPinFilled } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { DeviceInfo, DeviceMemory, ModelMemory } from '../../../engine/contract';
import { type BarPart, StackedBar } from '../../components';
import { formatBytes, formatCount, formatPercent } from '../../format';
import { type CurrentShare, currentShares, statusStore } from '../../stores';
import classes from './overview.module.css';
import { useVisibleSamples } from './use-live-window';

const NO_DEVICES: readonly DeviceInfo[] = [];
const NO_MEMORY: readonly DeviceMemory[] = [];

/** Who has which device: its time by model and weight, and its memory by model, budget and pin. */
export function DevicePanels() {
  const infos = useStore(statusStore, (state) => state.status?.devices ?? NO_DEVICES);
  const memories = useStore(statusStore, (state) => state.status?.memory ?? NO_MEMORY);
  const samples = useVisibleSamples();
  const devices = (samples.at(-1)?.devices ?? [])
    .map(({ id, shares }) => ({
      id,
      name: infos.find((info) => info.id === id)?.name ?? id,
      memory: memories.find(({ deviceId }) => deviceId === id),
      hasModels: shares.length > 0,
    }))
    // A device that no model is on has nothing to share.
    .filter(({ memory, hasModels }) => hasModels || (memory?.models.length ?? 0) > 0);
  if (devices.length === 0) return null;
  return (
    <section aria-label="Devices" className={classes.devices}>
      {devices.map(({ id, name, memory }) => (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls
        <div key={id} className={`ferry-panel ${classes.device}`} role="group" aria-label={`Device ${id}`}>
          <Text size="sm" fw={600}>
            {id}{' '}
            <Text span size="xs" c="dimmed" fw={400}>
              {name}
            </Text>
          </Text>
          <Shares shares={currentShares(samples, id)} />
          {memory && <Memory memory={memory} />}
        </div>
      ))}
    </section>
  );
}

function Shares({ shares }: { readonly shares: readonly CurrentShare[] }) {
  const idle = shares.every(({ share }) => share === null);
  const parts = shares.map(
    ({ model, share, weight, deviceClass }): BarPart => ({
      label: model,
      share: share ?? 0,
      value: share === null ? 'n/a' : formatPercent(share),
      extra: `weight ${formatCount(weight)}${deviceClass === 'background' ? ', background' : ''}`,
    }),
  );
  return (
    <div>
      <Text size="xs" c="dimmed">
        Device time by model, last 5 s
      </Text>
      <StackedBar
        label="Device time by model"
        parts={parts}
        {...(idle ? { rest: 'nothing runs: shares appear with the first requests' } : {})}
      />
    </div>
  );
}

/** The bar ends at the budget; without one, at what is reserved. */
function Memory({ memory }: { readonly memory: DeviceMemory }) {
  const { budgetBytes, reservedBytes, budgetNote, models, evictions } = memory;
  const whole = Math.max(budgetBytes ?? reservedBytes, reservedBytes, 1);
  const resident = models.filter((model) => model.resident);
  const away = models.filter((model) => !model.resident);
  return (
    <div>
      <Text size="xs" c="dimmed">
        Memory: {formatBytes(reservedBytes)} reserved
        {budgetBytes === null
          ? `, no budget: ${budgetNote}`
          : ` of a budget of ${formatBytes(budgetBytes)} (${budgetNote})`}
        {evictions > 0 && `, ${formatCount(evictions)} ${evictions === 1 ? 'eviction' : 'evictions'}`}
      </Text>
      <StackedBar
        label="Reserved memory by model"
        parts={resident.map((model) => memoryPart(model, whole))}
        rest={restOf(memory)}
      />
      {away.length > 0 && (
        <Text size="xs" c="dimmed" mt={2}>
          Not in memory, loaded with the next request:{' '}
          {away.map(({ model, bytes }) => `${model} (${formatBytes(bytes)})`).join(', ')}
        </Text>
      )}
    </div>
  );
}

function restOf({ budgetBytes, reservedBytes, models }: DeviceMemory): string {
  if (budgetBytes !== null && reservedBytes > budgetBytes)
    return `${formatBytes(reservedBytes - budgetBytes)} over the budget`;
  if (budgetBytes !== null) return `${formatBytes(budgetBytes - reservedBytes)} free`;
  return models.some(({ resident }) => resident) ? '' : 'nothing reserved';
}

const memoryPart = ({ model, bytes, pinned }: ModelMemory, whole: number): BarPart => ({
  label: model,
  share: bytes / whole,
  value: formatBytes(bytes),
  ...(pinned
    ? {
        extra: (
          <>
            <IconPinFilled size={11} aria-hidden /> pinned
          </>
        ),
      }
    : {}),
});
