import { Box, Group, Slider } from '@mantine/core';
import { CommittedNumber } from './committed-number';
import { positionOf, type SliderScale, valueAt } from './slider-scale';

interface SliderSettingProps {
  /** Accessible name of the slider; the number field adds ", exact". */
  readonly label: string;
  readonly value: number;
  readonly scale: SliderScale;
  readonly limits: { readonly min: number; readonly max: number };
  readonly suffix?: string;
  readonly formatValue: (value: number) => string;
  /** Values that get a mark under the track; those beyond the scale are left out. */
  readonly marks: readonly number[];
  readonly disabled: boolean;
  readonly onChange: (value: number) => void;
}

/** A slider over growing steps with a field for the exact value beside it; both always show the same number. */
export function SliderSetting(props: SliderSettingProps) {
  const { label, value, scale, limits, formatValue, disabled, onChange } = props;
  const last = scale.stops.length - 1;
  const reach = scale.stops[last] ?? limits.max;
  return (
    <Group gap="md" wrap="nowrap" align="flex-start">
      <Box flex={1} miw={0} px={6} pt={8} pb={18}>
        <Slider
          min={0}
          max={last}
          step={1}
          value={positionOf(scale, value)}
          onChange={(position) => {
            const next = valueAt(scale, position);
            if (next !== value) onChange(next);
          }}
          scale={(position) => valueAt(scale, position)}
          label={() => formatValue(value)}
          thumbLabel={label}
          thumbProps={{
            'aria-valuetext': formatValue(value),
            'aria-valuenow': value,
            'aria-valuemin': scale.stops[0],
            'aria-valuemax': reach,
          }}
          marks={props.marks
            .filter((mark) => mark <= reach)
            .map((mark) => ({ value: positionOf(scale, mark), label: formatValue(mark) }))}
          styles={{ markLabel: { fontSize: 'var(--mantine-font-size-xs)', whiteSpace: 'nowrap' } }}
          size="sm"
          disabled={disabled}
        />
      </Box>
      <CommittedNumber
        label={`${label}, exact`}
        value={value}
        limits={limits}
        suffix={props.suffix}
        w={116}
        size="xs"
        disabled={disabled}
        onCommit={onChange}
      />
    </Group>
  );
}
