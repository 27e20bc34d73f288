import { SegmentedControl, SimpleGrid, Switch, Text } from '@mantine/core';
import { useStore } from 'zustand';
import type { DeviceClass } from '../../engine/contract';
import { formatCount } from '../format';
import { statusStore } from '../stores';
import type { FieldsProps } from './fields-props';
import { NumberSetting } from './number-setting';
import { SettingRow } from './setting-row';

/** Queue, instances, threads, and the model's part of a device that it shares. */
export function CapacityFields(fields: FieldsProps) {
  const { values, row, edit } = fields;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" verticalSpacing="md">
      <NumberSetting
        {...fields}
        field="maxQueueSize"
        label="Max queue size"
        hint="Requests that may wait; one more is refused with 503."
        suffix=" requests"
      />
      <NumberSetting
        {...fields}
        field="instanceCount"
        label="Instances"
        hint="Sessions on threads of their own: as many batches at once."
      />
      <NumberSetting
        {...fields}
        field="maxInstanceCount"
        label="Max instances"
        hint="Instances are added up to this while requests wait. As many as instances: none are."
      />
      <NumberSetting {...fields} field="intraOpThreads" label="Threads per session">
        <ThreadsHint threads={values.intraOpThreads * values.instanceCount} />
      </NumberSetting>
      <NumberSetting
        {...fields}
        field="deviceWeight"
        label="Device weight"
        hint="Share of the device's time against the other models of its class that want it too"
      />
      <SettingRow
        label="Device class"
        hint="A background model runs a batch only while no foreground model of its device wants to"
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
          label="Never unload it to make room for another model"
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
