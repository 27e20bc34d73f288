import { Alert, Box, Text } from '@mantine/core';
import { IconAlertTriangle, IconHourglass } from '@tabler/icons-react';
import type { AutoState, ModelSummary } from '../../engine/contract';
import { formatCount, formatPercent, formatSentence } from '../format';

/** What auto mode does at present and why: under the switch that turned it on. */
export function AutoNote({ model }: { readonly model: ModelSummary }) {
  const { auto, settings, state } = model;
  if (settings.batching !== 'auto' || !model.batchable) return null;
  if (auto === null) return state === 'ready' ? null : <Line text="Auto starts when the model is loaded." />;
  if (auto.phase === 'break-even') return <Line text={breakEvenText(auto)} />;
  const { title, text, icon, color } = NOTICES[auto.phase];
  return (
    <Box role="status" aria-label="Auto mode" mt={6}>
      <Alert role="note" variant="light" color={color} p="xs" icon={icon} title={title}>
        {[formatSentence(auto.reason ?? text), ...numbersOf(auto)].join('. ')}.
      </Alert>
    </Box>
  );
}

const NOTICES = {
  measuring: {
    title: 'Auto is measuring',
    text: 'batches of each size are being timed; until then nothing waits',
    icon: <IconHourglass size={16} />,
    color: 'blue',
  },
  'zero-wait': {
    title: 'Auto waits for nothing at present',
    text: 'its predictions were off',
    icon: <IconAlertTriangle size={16} />,
    color: 'yellow',
  },
} as const;

const breakEvenText = (auto: AutoState) =>
  [
    'Requests wait as long as that pays',
    ...(auto.reason === null ? [] : [formatSentence(auto.reason)]),
    ...numbersOf(auto),
  ]
    .join('. ')
    .concat('.');

function numbersOf({ phase, predictionError, refused }: AutoState): readonly string[] {
  const now = phase === 'zero-wait' ? 'Now they are' : 'Predictions are';
  return [
    ...(predictionError === null ? [] : [`${now} off by ${formatPercent(predictionError)} on average`]),
    ...(refused === 0
      ? []
      : [
          `${formatCount(refused)} ${refused === 1 ? 'request was' : 'requests were'} refused early for the SLO`,
        ]),
  ];
}

function Line({ text }: { readonly text: string }) {
  return (
    <Text size="xs" role="status" aria-label="Auto mode">
      {text}
    </Text>
  );
}
