import {
  Accordion,
  NumberInput,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import type { ModelSummary } from '../../../engine/contract';
import { changeForm, chooseModel } from './form-store';
import { requestText } from './planned-request';
import { PlannedRequest } from './planned-request-view';
import type { NumberField, ScenarioFaults, ScenarioForm } from './scenario-form';

interface ScenarioFieldsProps {
  readonly form: ScenarioForm;
  readonly models: readonly ModelSummary[];
  readonly model: ModelSummary | null;
  /** Empty while nothing is to be shown as wrong. */
  readonly faults: ScenarioFaults;
  readonly disabled: boolean;
}

interface CountProps {
  readonly label: string;
  readonly field: keyof ScenarioForm;
  readonly value: NumberField;
  readonly faults: ScenarioFaults;
  readonly disabled: boolean;
  readonly decimals?: number;
  readonly suffix?: string;
  readonly description?: string;
}

function Count({ label, field, value, faults, disabled, decimals = 0, suffix, description }: CountProps) {
  return (
    <NumberInput
      label={label}
      description={description}
      value={value}
      suffix={suffix}
      allowNegative={false}
      decimalScale={decimals}
      thousandSeparator=","
      min={0}
      error={faults[field]}
      disabled={disabled}
      onChange={(next) => changeForm({ [field]: typeof next === 'number' ? next : '' })}
    />
  );
}

/** The scenario as a form: what traffic, how long, and what each request carries. */
export function ScenarioFields({ form, models, model, faults, disabled }: ScenarioFieldsProps) {
  const common = { faults, disabled };
  return (
    <Stack gap="sm">
      <Select
        label="Model"
        data={models.map((candidate) => ({
          value: candidate.name,
          label: `${candidate.name}${candidate.backend === 'simulated' ? ' (simulated)' : ''}${candidate.state === 'ready' ? '' : ` (${candidate.state})`}`,
        }))}
        value={form.model}
        allowDeselect={false}
        searchable={models.length > 8}
        error={faults.model}
        disabled={disabled}
        onChange={(name) => {
          const chosen = models.find((candidate) => candidate.name === name);
          if (chosen !== undefined) chooseModel(chosen);
        }}
      />
      <Stack gap={4}>
        <Text size="sm" fw={500}>
          Traffic
        </Text>
        <SegmentedControl
          aria-label="Traffic"
          fullWidth
          value={form.kind}
          disabled={disabled}
          data={[
            { value: 'closed', label: 'Clients' },
            { value: 'open', label: 'Arrival rate' },
          ]}
          onChange={(kind) => changeForm({ kind: kind === 'open' ? 'open' : 'closed' })}
        />
        <Text size="xs" c="dimmed">
          {form.kind === 'closed'
            ? 'Closed loop: each client sends when it has its answer. Slows down with the server.'
            : 'Open loop: requests keep their schedule, answered or not. Shows what users feel under a given rate.'}
        </Text>
      </Stack>
      {form.kind === 'closed' ? (
        <Count label="Clients" field="clients" value={form.clients} {...common} />
      ) : (
        <OpenFields form={form} {...common} />
      )}
      <SimpleGrid cols={2} spacing="sm">
        <Count
          label="Duration"
          field="durationSeconds"
          value={form.durationSeconds}
          decimals={1}
          suffix=" s"
          {...common}
        />
        <Count
          label="Warm-up"
          field="warmupSeconds"
          value={form.warmupSeconds}
          decimals={1}
          suffix=" s"
          {...common}
        />
      </SimpleGrid>
      <TextInput
        label="Label"
        placeholder="for the history, e.g. batching off"
        value={form.label}
        maxLength={200}
        error={faults.label}
        disabled={disabled}
        onChange={(event) => changeForm({ label: event.currentTarget.value })}
      />
      <Accordion variant="contained" chevronPosition="left" multiple defaultValue={[]}>
        <Accordion.Item value="request">
          <Accordion.Control>
            What each request sends
            {model !== null && (
              <Text size="xs" c="dimmed">
                {requestText(model, form)}
              </Text>
            )}
          </Accordion.Control>
          <Accordion.Panel>
            <RequestFields form={form} model={model} {...common} />
          </Accordion.Panel>
        </Accordion.Item>
        <Accordion.Item value="more">
          <Accordion.Control>More options</Accordion.Control>
          <Accordion.Panel>
            <SimpleGrid cols={2} spacing="sm">
              <Count label="Seed" field="seed" value={form.seed} {...common} />
              <Count
                label="Time-out"
                field="requestTimeoutSeconds"
                value={form.requestTimeoutSeconds}
                decimals={2}
                suffix=" s"
                {...common}
              />
            </SimpleGrid>
            <Text size="xs" c="dimmed" mt={6}>
              The same seed gives the same inputs and arrivals again.
            </Text>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
}

interface PartProps {
  readonly form: ScenarioForm;
  readonly faults: ScenarioFaults;
  readonly disabled: boolean;
}

function OpenFields({ form, ...common }: PartProps) {
  return (
    <>
      <Count
        label="Requests per second"
        field="requestsPerSecond"
        value={form.requestsPerSecond}
        decimals={1}
        {...common}
      />
      <Count
        label="Max in flight"
        description="An arrival beyond it is counted as dropped."
        field="maxInFlight"
        value={form.maxInFlight}
        {...common}
      />
      <Select
        label="Arrivals"
        allowDeselect={false}
        disabled={common.disabled}
        value={form.arrivals}
        data={[
          { value: 'poisson', label: 'Poisson: independent users' },
          { value: 'constant', label: 'Constant: evenly spaced' },
        ]}
        onChange={(arrivals) => changeForm({ arrivals: arrivals === 'constant' ? 'constant' : 'poisson' })}
      />
    </>
  );
}

function RequestFields({ form, model, ...common }: PartProps & { readonly model: ModelSummary | null }) {
  return (
    <Stack gap="sm">
      <Count
        label="Rows per request"
        field="rowsPerRequest"
        value={form.rowsPerRequest}
        {...common}
        disabled={common.disabled || model?.batchable === false}
      />
      <Select
        label="Encoding"
        error={common.faults.encoding}
        allowDeselect={false}
        disabled={common.disabled}
        value={form.encoding}
        data={[
          { value: 'binary', label: 'Binary tensors' },
          { value: 'json', label: 'JSON' },
        ]}
        onChange={(encoding) => changeForm({ encoding: encoding === 'json' ? 'json' : 'binary' })}
      />
      {model !== null && <PlannedRequest model={model} form={form} {...common} />}
    </Stack>
  );
}
