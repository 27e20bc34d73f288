import { Box, Group, Text } from '@mantine/core';
import { memo, useMemo } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceDot,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { CostCurveRecord, CostPoint } from '../../../engine/contract';
import { formatMs, formatRate, formatRows, formatUs, usOnAxis } from '../../format';
import { costChart, costSummary } from './cost-chart';

// To the right there is room for the name of the best size when that is the largest.
const MARGIN = { top: 14, right: 36, bottom: 0, left: 0 };
const TICK = { fontSize: 11, fill: 'var(--ferry-muted)' };

interface CostCurveChartProps {
  readonly curve: CostCurveRecord;
  readonly sloMs: number | null;
}

/** Latency against batch size: the mean, the band from the 10th to the 95th percentile, the best size and the SLO. */
export const CostCurveChart = memo(function CostCurveChart({ curve, sloMs }: CostCurveChartProps) {
  const { points, topUs, ticks, best, sloUs } = useMemo(() => costChart(curve, sloMs), [curve, sloMs]);
  const axis = useMemo(() => ({ ticks: quarters(topUs), tickFormatter: usOnAxis(topUs) }), [topUs]);
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={500}>
          Time of a batch by its size
        </Text>
        <Key sloMs={sloMs} beyond={sloMs !== null && sloUs === null} />
      </Group>
      <Box h={220} role="img" aria-label={costSummary(curve, sloMs)}>
        <ResponsiveContainer width="100%" height="100%">
          <ComposedChart data={[...points]} margin={MARGIN} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--ferry-grid)" />
            <XAxis
              dataKey="rows"
              type="number"
              scale="log"
              domain={['dataMin', 'dataMax']}
              ticks={[...ticks]}
              tick={TICK}
              tickLine={false}
              interval={0}
            />
            <YAxis domain={[0, topUs]} {...axis} tick={TICK} tickLine={false} width={64} interval={0} />
            <Tooltip isAnimationActive={false} cursor={CURSOR} content={CurveTip} />
            <Area
              dataKey="bandUs"
              stroke="none"
              fill="var(--ferry-chart-1)"
              fillOpacity={0.22}
              activeDot={false}
              isAnimationActive={false}
              type="linear"
            />
            <Line
              dataKey="meanUs"
              stroke="var(--ferry-chart-1)"
              strokeWidth={1.8}
              activeDot={false}
              dot={{ r: 2.5, fill: 'var(--ferry-chart-1)', strokeWidth: 0 }}
              isAnimationActive={false}
              type="linear"
            />
            {sloUs !== null && (
              <ReferenceLine y={sloUs} stroke="var(--ferry-chart-bad)" strokeDasharray="2 3" />
            )}
            {best !== null && (
              <ReferenceLine x={best.rows} stroke="var(--ferry-chart-2)" strokeDasharray="6 3" />
            )}
            {best !== null && (
              <ReferenceDot
                x={best.rows}
                y={best.meanUs}
                r={5}
                fill="var(--ferry-panel)"
                stroke="var(--ferry-chart-2)"
                strokeWidth={2}
                label={{
                  value: `best: ${best.rows}`,
                  position: 'top',
                  fontSize: 11,
                  fill: 'var(--mantine-color-text)',
                }}
              />
            )}
          </ComposedChart>
        </ResponsiveContainer>
      </Box>
      <Text size="xs" c="dimmed">
        Rows in a batch, on a logarithmic scale
      </Text>
    </div>
  );
});

const CURSOR = { stroke: 'var(--ferry-muted)' };

const quarters = (top: number) => [0, 1, 2, 3, 4].map((quarter) => (quarter * top) / 4);

/** The measured size under the pointer. */
function CurveTip({ active, payload }: { readonly active?: boolean; readonly payload?: unknown }) {
  const point = (payload as readonly { readonly payload?: CostPoint }[] | undefined)?.[0]?.payload;
  if (active !== true || point === undefined) return null;
  const { rows, meanUs, lowUs, highUs } = point;
  return (
    <Box className="ferry-panel" px={8} py={4} fz={12}>
      <b>
        {formatRows(rows)}: {formatUs(meanUs)}
      </b>
      <div>
        {formatUs(lowUs)} to {formatUs(highUs)} in 10th to 95th percentile
      </div>
      <div>{formatRate((rows * 1e6) / meanUs)} rows/s</div>
    </Box>
  );
}

function Key({ sloMs, beyond }: { readonly sloMs: number | null; readonly beyond: boolean }) {
  return (
    <Group gap="md" aria-hidden>
      <KeyEntry
        label="mean"
        mark={<line x1="0" y1="5" x2="18" y2="5" stroke="var(--ferry-chart-1)" strokeWidth="2" />}
      />
      <KeyEntry
        label="10th to 95th percentile"
        mark={<rect width="18" height="10" fill="var(--ferry-chart-1)" fillOpacity="0.3" />}
      />
      <KeyEntry
        label="best size"
        mark={<circle cx="9" cy="5" r="4" fill="none" stroke="var(--ferry-chart-2)" strokeWidth="2" />}
      />
      {sloMs !== null && (
        <KeyEntry
          label={beyond ? `SLO ${formatMs(sloMs)}, far above` : `SLO ${formatMs(sloMs)}`}
          mark={
            <line
              x1="0"
              y1="5"
              x2="18"
              y2="5"
              stroke="var(--ferry-chart-bad)"
              strokeWidth="2"
              strokeDasharray="2 3"
            />
          }
        />
      )}
    </Group>
  );
}

function KeyEntry({ label, mark }: { readonly label: string; readonly mark: React.ReactNode }) {
  return (
    <Group gap={6}>
      <svg width="18" height="10" aria-hidden="true">
        {mark}
      </svg>
      <Text size="xs">{label}</Text>
    </Group>
  );
}
