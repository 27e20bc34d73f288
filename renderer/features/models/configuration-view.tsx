import { Alert, Code, List, Stack, Table, Text, Title } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { EffectiveValue, ModelConfiguration, ModelSummary } from '../../../engine/contract';
import { OriginTag } from '../../model-settings';
import { modelConfiguration } from '../../stores';

/** Every value of a model's configuration in force and where it came from; above, what has no effect; below, the last change. */
export function ConfigurationView({ model }: { readonly model: ModelSummary }) {
  const { configuration, error } = useConfiguration(model);
  return (
    <Stack gap="md">
      <Notices notices={model.notices} />
      {error !== null && (
        <Alert color="red" variant="light" title="The configuration cannot be shown">
          {error}
        </Alert>
      )}
      {configuration !== null && <Values values={configuration.values} />}
      {configuration !== null && configuration.lastChange !== '' && (
        <LastChange diff={configuration.lastChange} />
      )}
    </Stack>
  );
}

interface Shown {
  readonly configuration: ModelConfiguration | null;
  readonly error: string | null;
}

/** Asked for again whenever the engine tells something new of the model. */
function useConfiguration(model: ModelSummary): Shown {
  const [shown, setShown] = useState<Shown>({ configuration: null, error: null });
  useEffect(() => {
    let stopped = false;
    modelConfiguration(model.name).then(
      (configuration) => stopped || setShown({ configuration, error: null }),
      (error: unknown) =>
        stopped ||
        setShown({ configuration: null, error: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      stopped = true;
    };
  }, [model]);
  return shown;
}

function Notices({ notices }: { readonly notices: readonly string[] }) {
  if (notices.length === 0) return null;
  return (
    <Alert color="yellow" variant="light" title="Without effect here">
      <List size="sm">
        {notices.map((notice) => (
          <List.Item key={notice}>{notice}</List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Values({ values }: { readonly values: readonly EffectiveValue[] }) {
  return (
    <Table aria-label="Values in force" verticalSpacing={4} fz="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Field of config.pbtxt</Table.Th>
          <Table.Th>Value</Table.Th>
          <Table.Th w={90}>From</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {values.map(({ path, value, origin, note }) => (
          <Table.Tr key={path}>
            <Table.Td ff="monospace" style={{ overflowWrap: 'anywhere' }}>
              {path}
            </Table.Td>
            <Table.Td ff="monospace" style={{ overflowWrap: 'anywhere' }}>
              {value}
              {note !== null && (
                <Text size="xs" c="dimmed" ff="text">
                  {note}
                </Text>
              )}
            </Table.Td>
            <Table.Td>
              <OriginTag origin={origin} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function LastChange({ diff }: { readonly diff: string }) {
  return (
    <Stack gap={4} component="section" aria-label="Last change written to config.pbtxt">
      <Title order={5}>Last change written to config.pbtxt</Title>
      <Code block>{diff}</Code>
    </Stack>
  );
}
