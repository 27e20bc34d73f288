import { Badge, Group, Table, Text } from '@mantine/core';
import type { TensorSpec } from '../../../engine/contract';
import { dimText, shapeText } from './dims';

interface TensorTableProps {
  /** "Inputs" or "Outputs": the table's accessible name and heading. */
  readonly title: string;
  readonly tensors: readonly TensorSpec[];
}

/** Inputs or outputs of a model: name, datatype, and each dimension, the open ones marked by name. */
export function TensorTable({ title, tensors }: TensorTableProps) {
  return (
    <Table aria-label={title} verticalSpacing={6} fz="sm" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w="34%">{title}</Table.Th>
          <Table.Th w={100}>Datatype</Table.Th>
          <Table.Th>Shape</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tensors.map((tensor) => (
          <Table.Tr key={tensor.name}>
            <Table.Td ff="monospace" style={{ overflowWrap: 'anywhere' }}>
              {tensor.name}
              {tensor.optional && (
                <Text span size="xs" c="dimmed" ff="text" ml={6}>
                  optional
                </Text>
              )}
            </Table.Td>
            <Table.Td>{tensor.datatype}</Table.Td>
            <Table.Td>
              <Shape tensor={tensor} />
            </Table.Td>
          </Table.Tr>
        ))}
        {tensors.length === 0 && (
          <Table.Tr>
            <Table.Td colSpan={3} c="dimmed">
              none
            </Table.Td>
          </Table.Tr>
        )}
      </Table.Tbody>
    </Table>
  );
}

function Shape({ tensor }: { readonly tensor: TensorSpec }) {
  if (tensor.shape.length === 0) return <Text size="sm">scalar</Text>;
  return (
    <Group gap={4} role="img" aria-label={shapeText(tensor)}>
      {tensor.shape.map((size, axis) => (
        <Badge
          // biome-ignore lint/suspicious/noArrayIndexKey: an axis IS its position
          key={axis}
          size="sm"
          radius="sm"
          tt="none"
          fw={500}
          variant={size < 0 ? 'light' : 'default'}
          title={size < 0 ? 'dynamic: each request chooses' : undefined}
        >
          {dimText(tensor, axis)}
        </Badge>
      ))}
    </Group>
  );
}
