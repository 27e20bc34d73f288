import { Badge, Tooltip } from '@mantine/core';
import type { AutoPhase, ModelState, ModelSummary } from '../../engine/contract';
import { formatMs } from '../format';

const LOOK: Readonly<Record<ModelState, { readonly color: string; readonly mark: string }>> = {
  ready: { color: 'teal', mark: '●' },
  loading: { color: 'blue', mark: '◐' },
  unloading: { color: 'yellow', mark: '◑' },
  unavailable: { color: 'gray', mark: '○' },
};

/** A model's state as a word with a mark of its own shape, so that it can be told without colour. */
export function ModelStateBadge({
  model: { state, reason, onCall },
}: {
  readonly model: Pick<ModelSummary, 'state' | 'reason' | 'onCall'>;
}) {
  const { color, mark } = LOOK[state];
  const badge = (
    <Badge size="sm" variant="light" color={color} tt="none" leftSection={<span aria-hidden>{mark}</span>}>
      {isOnCall({ state, onCall }) ? 'on call' : state}
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

/** Not in memory, but loaded with its next request: nothing is wrong with it. */
export const isOnCall = ({ state, onCall }: Pick<ModelSummary, 'state' | 'onCall'>): boolean =>
  state === 'unavailable' && onCall;

/** How a model batches, in a word, with what auto mode does when it is not at its best. */
export function ModeBadge({ model }: { readonly model: ModelSummary }) {
  const { batchable, settings, auto } = model;
  const mode = batchable ? settings.batching : 'off';
  if (mode !== 'auto')
    return (
      <Badge size="sm" variant="default" tt="none" fw={500}>
        {batchable ? MODE_WORDS[mode] : 'one at a time'}
      </Badge>
    );
  const { color, word } = auto === null ? PHASES['break-even'] : PHASES[auto.phase];
  const slo = settings.sloMs === null ? '' : `, SLO ${formatMs(settings.sloMs)}`;
  return (
    <Badge size="sm" variant="light" color={color} tt="none" title={auto?.reason ?? undefined}>
      {word}
      {slo}
    </Badge>
  );
}

const MODE_WORDS = { off: 'batching off', fixed: 'fixed' } as const;

const PHASES: Readonly<Record<AutoPhase, { readonly color: string; readonly word: string }>> = {
  measuring: { color: 'blue', word: 'auto, measuring' },
  'break-even': { color: 'ferry', word: 'auto' },
  'zero-wait': { color: 'yellow', word: 'auto, not waiting' },
};

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
