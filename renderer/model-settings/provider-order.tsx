import { ActionIcon, Badge, Box, Button, Group, Menu, Stack, Text } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconX } from '@tabler/icons-react';
import { type EngineStatus, EXECUTION_PROVIDERS, type ExecutionProvider } from '../../engine/contract';

export const PROVIDER_NAMES: Readonly<Record<ExecutionProvider, string>> = {
  cpu: 'CPU',
  cuda: 'CUDA',
  tensorrt: 'TensorRT',
  dml: 'DirectML',
  coreml: 'CoreML',
  webgpu: 'WebGPU',
};

interface ProviderOrderProps {
  readonly order: readonly ExecutionProvider[];
  readonly providers: EngineStatus['providers'];
  readonly activeProvider: string | null;
  readonly disabled: boolean;
  readonly onChange: (order: ExecutionProvider[]) => void;
}

/** `order` with the entry at `from` moved by one place. */
export function moved<T>(order: readonly T[], from: number, by: -1 | 1): T[] {
  const next = [...order];
  const [entry] = next.splice(from, 1);
  if (entry !== undefined) next.splice(from + by, 0, entry);
  return next;
}

/** Which execution providers are tried, in which order, which are there, and which one is in use. */
export function ProviderOrder({ order, providers, activeProvider, disabled, onChange }: ProviderOrderProps) {
  const known = new Map(providers.map((provider) => [provider.name, provider]));
  const others = EXECUTION_PROVIDERS.filter((name) => !order.includes(name));
  const why = (name: ExecutionProvider) => {
    const provider = known.get(name);
    if (provider === undefined) return 'not built into this engine';
    return provider.available ? null : (provider.reason ?? 'not available on this machine');
  };
  return (
    <Stack gap={4}>
      <Box component="ol" m={0} p={0} aria-label="Execution provider order">
        {order.map((name, index) => (
          <ProviderEntry
            key={name}
            name={name}
            missing={why(name)}
            active={activeProvider?.toLowerCase() === name}
            disabled={disabled}
            onUp={index > 0 ? () => onChange(moved(order, index, -1)) : null}
            onDown={index < order.length - 1 ? () => onChange(moved(order, index, 1)) : null}
            onRemove={order.length > 1 ? () => onChange(order.filter((other) => other !== name)) : null}
          />
        ))}
      </Box>
      {others.length > 0 && (
        <Menu position="bottom-start" withinPortal>
          <Menu.Target>
            <Button
              size="compact-xs"
              variant="default"
              leftSection={<IconPlus size={14} />}
              disabled={disabled}
              w="fit-content"
            >
              Add provider
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {others.map((name) => (
              <Menu.Item key={name} onClick={() => onChange([...order, name])}>
                {PROVIDER_NAMES[name]}
                <Text span size="xs" c="dimmed" ml={6}>
                  {why(name) ?? 'available'}
                </Text>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </Stack>
  );
}

interface ProviderEntryProps {
  readonly name: ExecutionProvider;
  /** Why it cannot be used; null when it can. */
  readonly missing: string | null;
  readonly active: boolean;
  readonly disabled: boolean;
  readonly onUp: (() => void) | null;
  readonly onDown: (() => void) | null;
  readonly onRemove: (() => void) | null;
}

function ProviderEntry({ name, missing, active, disabled, onUp, onDown, onRemove }: ProviderEntryProps) {
  const title = PROVIDER_NAMES[name];
  const act = (label: string, icon: React.ReactNode, action: (() => void) | null) => (
    <ActionIcon
      size="sm"
      variant="subtle"
      color="gray"
      aria-label={`${label} ${title}`}
      disabled={disabled || action === null}
      onClick={() => action?.()}
    >
      {icon}
    </ActionIcon>
  );
  return (
    <Group component="li" gap="xs" wrap="nowrap" py={2} style={{ listStyle: 'none' }}>
      <Text size="sm" w={76}>
        {title}
      </Text>
      <Box flex={1} miw={0}>
        {active ? (
          <Badge size="sm" variant="light" color="teal" tt="none">
            in use
          </Badge>
        ) : (
          <Text size="xs" c="dimmed" truncate title={missing ?? undefined}>
            {missing ?? 'available'}
          </Text>
        )}
      </Box>
      {act('Move up', <IconArrowUp size={14} />, onUp)}
      {act('Move down', <IconArrowDown size={14} />, onDown)}
      {act('Do not use', <IconX size={14} />, onRemove)}
    </Group>
  );
}
