import { Text } from '@mantine/core';
import { useStore } from 'zustand';
import type { DeviceInfo } from '../../../engine/contract';
import { type BarPart, StackedBar } from '../../components';
import { formatCount, formatPercent } from '../../format';
import { type CurrentShare, currentShares, statusStore } from '../../stores';
import classes from './overview.module.css';
import { useVisibleSamples } from './use-live-window';

const NO_DEVICES: readonly DeviceInfo[] = [];

/** Who has which device: its time by model and weight. */
export function DevicePanels() {
  const infos = useStore(statusStore, (state) => state.status?.devices ?? NO_DEVICES);
  const samples = useVisibleSamples();
  const devices = (samples.at(-1)?.devices ?? [])
    .map(({ id, shares }) => ({
      id,
      name: infos.find((info) => info.id === id)?.name ?? id,
      hasModels: shares.length > 0,
    }))
    // A device that no model is on has nothing to share.
    .filter(({ hasModels }) => hasModels);
  if (devices.length === 0) return null;
  return (
    <section aria-label="Devices" className={classes.devices}>
      {devices.map(({ id, name }) => (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls
        <div key={id} className={`ferry-panel ${classes.device}`} role="group" aria-label={`Device ${id}`}>
          <Text size="sm" fw={600}>
            {id}{' '}
            <Text span size="xs" c="dimmed" fw={400}>
              {name}
            </Text>
          </Text>
          <Shares shares={currentShares(samples, id)} />
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
