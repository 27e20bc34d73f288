import { SegmentedControl, Text } from '@mantine/core';
import { type BatchingMode, type ModelSummary, SETTING_LIMITS } from '../../engine/contract';
import { formatUs } from '../format';
import { AutoNote } from './auto-note';
import type { FieldsProps } from './fields-props';
import { NumberSetting } from './number-setting';
import { SettingRow } from './setting-row';
import { SizeList } from './size-list';
import { batchSizeScale, queueDelayScale } from './slider-scale';
import { SliderSetting } from './slider-setting';

type BatchingFieldsProps = FieldsProps & { readonly model: ModelSummary; readonly compact: boolean };

const BATCH_MARKS = [1, 8, 16, 32, 64, 128, 256, 512, 1024];
const COMPACT_DELAY_MARKS = [0, 1_000, 5_000, 20_000, 1_000_000, 10_000_000];
const DELAY_MARKS = [0, 1_000, 2_000, 5_000, 10_000, 20_000, 100_000, 1_000_000, 10_000_000];

const MODES: { value: BatchingMode; label: string }[] = [
  { value: 'off', label: 'Off' },
  { value: 'fixed', label: 'Fixed' },
  { value: 'auto', label: 'Auto' },
];

const MODE_TEXTS: Readonly<Record<BatchingMode, string>> = {
  off: 'Every request runs alone.',
  fixed: 'Requests leave as packed batches, by the sizes and the delay below.',
  auto: 'Batch sizes are measured here, arrivals learnt; requests wait only while that pays.',
};

/** Why delay and preferred sizes cannot be moved. */
const UNUSED: Readonly<Record<BatchingMode, string | undefined>> = {
  off: 'Has no effect while batching is off.',
  fixed: undefined,
  auto: 'Holds only until auto has measured; switch to fixed to move it.',
};

/** Whether requests share a run, and what decides when they leave. */
export function BatchingFields({ model, compact, ...fields }: BatchingFieldsProps) {
  const { values, row, edit } = fields;
  const mode = model.batchable ? values.batching : 'off';
  const off = mode === 'off';
  const unused = UNUSED[mode];
  return (
    <>
      <SettingRow label="Batching" {...row('batching')}>
        <SegmentedControl
          aria-label="Batching"
          size="xs"
          color={mode === 'off' ? undefined : 'ferry'}
          data={MODES}
          value={mode}
          disabled={!model.batchable}
          onChange={(chosen) => edit('batching', chosen as BatchingMode)}
        />
        <Text size="xs" c="dimmed" mt={4}>
          {MODE_TEXTS[mode]}
        </Text>
        <AutoNote model={model} />
      </SettingRow>
      <NumberSetting
        {...fields}
        field="sloMs"
        label="SLO"
        hint={sloHint(mode, model)}
        decimals
        suffix=" ms"
        whenEmpty="none"
      />
      <SettingRow label="Max batch size" {...row('maxBatchSize')}>
        <SliderSetting
          label="Max batch size"
          value={values.maxBatchSize}
          scale={batchSizeScale(values.maxBatchSize, SETTING_LIMITS.maxBatchSize.max)}
          limits={SETTING_LIMITS.maxBatchSize}
          suffix={values.maxBatchSize === 1 ? ' row' : ' rows'}
          formatValue={(rows) => `${rows}`}
          marks={BATCH_MARKS}
          disabled={off}
          onChange={(rows) => edit('maxBatchSize', rows)}
        />
      </SettingRow>
      <SettingRow
        label="Max queue delay"
        hint={
          unused ??
          (compact
            ? undefined
            : 'The longest that the oldest request waits for company while an instance is idle.')
        }
        {...row('maxQueueDelayUs')}
      >
        <SliderSetting
          label="Max queue delay"
          value={values.maxQueueDelayUs}
          scale={queueDelayScale(values.maxQueueDelayUs, SETTING_LIMITS.maxQueueDelayUs.max)}
          limits={SETTING_LIMITS.maxQueueDelayUs}
          suffix=" µs"
          formatValue={formatUs}
          marks={compact ? COMPACT_DELAY_MARKS : DELAY_MARKS}
          disabled={unused !== undefined}
          onChange={(us) => edit('maxQueueDelayUs', us)}
        />
      </SettingRow>
      {!compact && (
        <SettingRow
          label="Preferred batch sizes"
          hint={unused ?? 'Sizes that leave early, before the delay is up. None: only the max batch size.'}
          {...row('preferredBatchSizes')}
        >
          <SizeList
            label="Preferred batch sizes"
            none="none"
            sizes={values.preferredBatchSizes}
            disabled={unused !== undefined}
            onChange={(sizes) => edit('preferredBatchSizes', sizes)}
          />
        </SettingRow>
      )}
      {!compact && (
        <SettingRow
          label="Allowed batch sizes"
          hint="The only sizes that the model is run with; smaller batches are padded. None: any size."
          {...row('allowedBatchSizes')}
        >
          <SizeList
            label="Allowed batch sizes"
            none="any"
            sizes={values.allowedBatchSizes}
            disabled={off}
            onChange={(sizes) => edit('allowedBatchSizes', sizes)}
          />
        </SettingRow>
      )}
    </>
  );
}

/** What the promise is, where it acts, and the least that it can be. */
function sloHint(mode: BatchingMode, { costCurve }: ModelSummary): string {
  const [first] = costCurve?.points ?? [];
  const least = first?.rows === 1 ? ` One row alone takes ${formatUs(first.meanUs)} here.` : '';
  return mode === 'auto'
    ? `What a request may take, from arrival to answer. One that could not keep it is refused at once.${least}`
    : `What a request may take, from arrival to answer. Only auto mode refuses one that could not keep it.${least}`;
}
