import { Badge, Tooltip } from '@mantine/core';
import type { ModelState } from '../../engine/contract';

const LOOK: Readonly<Record<ModelState, { readonly color: string; readonly mark: string }>> = {
  ready: { color: 'teal', mark: '●' },
  loading: { color: 'blue', mark: '◐' },
  unloading: { color: 'yellow', mark: '◑' },
  unavailable: { color: 'gray', mark: '○' },
};

/** A model's state as a word with a mark of its own shape, so that it can be told without colour. */
export function ModelStateBadge({
  state,
  reason,
}: {
  readonly state: ModelState;
  readonly reason: string | null;
}) {
  const { color, mark } = LOOK[state];
  const badge = (
    <Badge size="sm" variant="light" color={color} tt="none" leftSection={<span aria-hidden>{mark}</span>}>
      {state}
    </Badge>
  );
  return reason === null ? (
    badge
  ) : (
    <Tooltip label={reason} multiline maw={420} events={{ hover: true, focus: true, touch: true }}>
      {badge}
    </Tooltip>
  );
}

/** On everything that shows a number of a device that does not exist. */
export function SimulatedBadge() {
  return (
    <Tooltip label="This model runs on a simulated device: it waits as long as its cost curve says">
      <Badge size="sm" variant="outline" color="grape" tt="none">
        simulated
      </Badge>
    </Tooltip>
  );
}
