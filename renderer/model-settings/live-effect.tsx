import { Group, Text } from '@mantine/core';
import { formatMs, formatNumber, formatRate } from '../format';
import { useModelRates } from './use-model-rates';

/** What the model does right now, beside the sliders, so that the effect of a change is in view. */
export function LiveEffect({ model }: { readonly model: string }) {
  const rates = useModelRates(model);
  const quiet = rates === null || rates.requestsPerSecond === 0;
  const value = (text: string | null) => (quiet || text === null ? 'n/a' : text);
  return (
    <Group gap="lg" role="group" aria-label="Right now">
      <Live label="Requests/s" value={rates === null ? 'n/a' : formatRate(rates.requestsPerSecond)} />
      <Live
        label="Mean batch"
        value={value(rates?.meanBatchSize == null ? null : formatRows(rates.meanBatchSize))}
      />
      <Live label="p95" value={value(rates?.p95Ms == null ? null : formatMs(rates.p95Ms))} />
      {quiet && (
        <Text size="xs" c="dimmed">
          no traffic
        </Text>
      )}
    </Group>
  );
}

function formatRows(rows: number): string {
  const number = formatNumber(rows);
  return `${number} ${number === '1' ? 'row' : 'rows'}`;
}

function Live({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="md" fw={600} style={{ fontVariantNumeric: 'tabular-nums' }} data-live={label}>
        {value}
      </Text>
    </div>
  );
}
