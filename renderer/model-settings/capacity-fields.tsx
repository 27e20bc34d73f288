import { SegmentedControl, SimpleGrid, Switch, Text } from '@mantine/core';
import { useStore } from 'zustand';
import { type DeviceClass, SETTING_LIMITS } from '../../engine/contract';
import { formatCount } from '../format';
import { statusStore } from '../stores';
import { CommittedNumber } from './committed-number';
import type { FieldsProps } from './fields-props';
import { SettingRow } from './setting-row';

/** Queue, instances, threads, and the model's part of a device that it shares. */
export function CapacityFields({ values, row, edit }: FieldsProps) {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" verticalSpacing="md">
      <SettingRow
        label="Max queue size"
        hint="Requests that may wait; one more is refused with 503."
        {...row('maxQueueSize')}
      >
        <CommittedNumber
          label="Max queue size"
          value={values.maxQueueSize}
          limits={SETTING_LIMITS.maxQueueSize}
          suffix=" requests"
          size="xs"
          w={180}
          onCommit={(value) => edit('maxQueueSize', value)}
        />
      </SettingRow>
      <SettingRow
        label="Instances"
        hint="Sessions on threads of their own: as many batches at once."
        {...row('instanceCount')}
      >
        <CommittedNumber
          label="Instances"
          value={values.instanceCount}
          limits={SETTING_LIMITS.instanceCount}
          size="xs"
          w={180}
          onCommit={(value) => edit('instanceCount', value)}
        />
      </SettingRow>
      <SettingRow
        label="Max instances"
        hint="Instances are added up to this while requests wait. As many as instances: none are."
        {...row('maxInstanceCount')}
      >
        <CommittedNumber
          label="Max instances"
          value={values.maxInstanceCount}
          limits={SETTING_LIMITS.maxInstanceCount}
          size="xs"
          w={180}
          onCommit={(value) => edit('maxInstanceCount', value)}
        />
      </SettingRow>
      <SettingRow label="Threads per session" {...row('intraOpThreads')}>
        <CommittedNumber
          label="Threads per session"
          value={values.intraOpThreads}
          limits={SETTING_LIMITS.intraOpThreads}
          size="xs"
          w={180}
          onCommit={(value) => edit('intraOpThreads', value)}
        />
        <ThreadsHint threads={values.intraOpThreads * values.instanceCount} />
      </SettingRow>
      <SettingRow
        label="Device weight"
        hint="Share of the device's time against the other models that want it. Not enforced in this version."
        {...row('deviceWeight')}
      >
        <CommittedNumber
          label="Device weight"
          value={values.deviceWeight}
          limits={SETTING_LIMITS.deviceWeight}
          size="xs"
          w={180}
          onCommit={(value) => edit('deviceWeight', value)}
        />
      </SettingRow>
      <SettingRow
        label="Device class"
        hint="A background model is to give way to foreground ones. Not enforced in this version."
        {...row('deviceClass')}
      >
        <SegmentedControl
          aria-label="Device class"
          size="xs"
          data={[
            { value: 'foreground', label: 'Foreground' },
            { value: 'background', label: 'Background' },
          ]}
          value={values.deviceClass}
          onChange={(chosen) => edit('deviceClass', chosen as DeviceClass)}
        />
      </SettingRow>
      <SettingRow label="Keep in memory" {...row('pinned')}>
        <Switch
          aria-label="Keep in memory"
          size="sm"
          label="Never unload it to make room for another model (nothing is unloaded so yet)"
          checked={values.pinned}
          onChange={(event) => edit('pinned', event.currentTarget.checked)}
        />
      </SettingRow>
    </SimpleGrid>
  );
}

function ThreadsHint({ threads }: { readonly threads: number }) {
  const cores = useStore(statusStore, (state) => state.status?.cpuCount ?? null);
  if (cores === null) return null;
  const over = threads > cores;
  return (
    <Text size="xs" c={over ? 'var(--ferry-caution)' : 'dimmed'} mt={4}>
      {formatCount(threads)} in all on {formatCount(cores)} cores
      {over ? ': more threads than cores usually costs throughput.' : '.'}
    </Text>
  );
}
