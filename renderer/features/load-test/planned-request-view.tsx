import { NumberInput, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import type { ModelSummary } from '../../../engine/contract';
import { formatBytes } from '../../format';
import { changeForm } from './form-store';
import { plannedInputs, requestBytes } from './planned-request';
import { type DynamicDim, dynamicDimsOf, type ScenarioFaults, type ScenarioForm } from './scenario-form';

interface PlannedRequestProps {
  readonly model: ModelSummary;
  readonly form: ScenarioForm;
  readonly faults: ScenarioFaults;
  readonly disabled: boolean;
}

/** The inputs of one request as they will be sent, and a field for each dimension the model leaves open. */
export function PlannedRequest({ model, form, faults, disabled }: PlannedRequestProps) {
  const inputs = plannedInputs(model, form);
  const bytes = requestBytes(inputs);
  const dims = dynamicDimsOf(model);
  return (
    <Stack gap="xs">
      {dims.length > 0 && (
        <SimpleGrid cols={2} spacing="sm">
          {dims.map((dim) => (
            <DimField
              key={`${dim.input} ${dim.axis}`}
              dim={dim}
              form={form}
              faults={faults}
              disabled={disabled}
            />
          ))}
        </SimpleGrid>
      )}
      <Table aria-label="Inputs of each request" fz="xs" verticalSpacing={4} horizontalSpacing={0}>
        <Table.Tbody>
          {inputs.map((input) => (
            <Table.Tr key={input.name}>
              <Table.Td ff="monospace" style={{ overflowWrap: 'anywhere' }}>
                {input.name}
              </Table.Td>
              <Table.Td>{input.datatype}</Table.Td>
              <Table.Td ta="right">{input.shape.length === 0 ? 'scalar' : input.shape.join(' × ')}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed">
        Random values from the seed,{' '}
        {bytes === null ? 'of varying length' : `${formatBytes(bytes)} a request`}
        {form.encoding === 'json' ? ' before JSON makes it longer.' : '.'}
      </Text>
    </Stack>
  );
}

interface DimFieldProps {
  readonly dim: DynamicDim;
  readonly form: ScenarioForm;
  readonly faults: ScenarioFaults;
  readonly disabled: boolean;
}

function DimField({ dim, form, faults, disabled }: DimFieldProps) {
  const axis = String(dim.axis);
  return (
    <NumberInput
      size="xs"
      label={`${dim.input}: ${dim.name ?? `axis ${axis}`}`}
      value={form.dynamicDims[dim.input]?.[axis] ?? 1}
      allowNegative={false}
      allowDecimal={false}
      min={0}
      error={faults[`dynamicDims.${dim.input}.${axis}`]}
      disabled={disabled}
      onChange={(next) =>
        changeForm({
          dynamicDims: {
            ...form.dynamicDims,
            [dim.input]: { ...form.dynamicDims[dim.input], [axis]: typeof next === 'number' ? next : '' },
          },
        })
      }
    />
  );
}
