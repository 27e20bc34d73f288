import type { Reading } from '../contract';
import { known, shareOfPercent, unknown } from './readings';

/** What is asked of nvidia-smi, in the order of its answer. `mig.mode.current` comes last: drivers before 450 lack it. */
const BASE_FIELDS = [
  'index',
  'uuid',
  'name',
  'utilization.gpu',
  'memory.used',
  'memory.total',
  'power.draw',
  'temperature.gpu',
] as const;
const MIG_FIELD = 'mig.mode.current';

const BYTES_PER_MIB = 1024 * 1024;

/** Arguments that make nvidia-smi print one line per GPU every `periodMs`, for ever. */
export function nvidiaSmiArgs(periodMs: number, withMig: boolean): string[] {
  const fields = withMig ? [...BASE_FIELDS, MIG_FIELD] : BASE_FIELDS;
  return [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits', '-lms', String(periodMs)];
}

/** One GPU at one instant, as nvidia-smi printed it. */
export interface NvidiaGpuLine {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly mig: boolean;
  readonly utilization: Reading;
  readonly memoryUsedBytes: Reading;
  readonly memoryTotalBytes: Reading;
  readonly powerWatts: Reading;
  readonly temperatureCelsius: Reading;
}

/**
 * Reads one whole line of the answer. Null when it is no such line: an error message, a banner, a cut line.
 * A field without a number becomes a reading with the reason; the other fields keep their values.
 */
export function parseNvidiaSmiLine(line: string, withMig: boolean): NvidiaGpuLine | null {
  const cells = line.split(',').map((cell) => cell.trim());
  const expected = BASE_FIELDS.length + (withMig ? 1 : 0);
  if (cells.length < expected) return null;
  const index = Number(cells[0]);
  const uuid = cells[1] ?? '';
  if (cells[0] === '' || !Number.isInteger(index) || index < 0 || !/^(GPU|MIG)-/.test(uuid)) return null;
  // Only the name may hold a comma: the fields behind it are counted from the end.
  const afterName = expected - 3;
  const name = cells.slice(2, cells.length - afterName).join(', ');
  const [utilization = '', used = '', total = '', power = '', temperature = '', migMode = ''] = cells.slice(
    -afterName,
  );
  const mig = migMode === 'Enabled';
  return {
    index,
    uuid,
    name,
    mig,
    utilization: reading(utilization, mig ? MIG_UTILIZATION : NO_UTILIZATION, shareOfPercent),
    memoryUsedBytes: reading(used, NO_MEMORY, (mib) => mib * BYTES_PER_MIB),
    memoryTotalBytes: reading(total, NO_MEMORY, (mib) => mib * BYTES_PER_MIB),
    powerWatts: reading(power, 'this GPU has no power sensor', (watts) => watts),
    temperatureCelsius: reading(temperature, 'this GPU has no temperature sensor', (celsius) => celsius),
  };
}

const MIG_UTILIZATION =
  'MIG is enabled: the driver gives no utilisation for a partitioned GPU; the busy share is what there is';
const NO_UTILIZATION = 'the driver gives no utilisation for this GPU';
const NO_MEMORY =
  'the driver gives no memory figure for this GPU (one that shares the system memory has none of its own)';

/** What nvidia-smi prints in place of a number, without brackets and in lower case. */
const WORDS: Readonly<Record<string, string>> = {
  'unknown error': 'the driver answered "Unknown Error": the GPU may have failed',
  'insufficient permissions':
    'the driver refuses this figure without more rights ("Insufficient Permissions")',
  'gpu is lost': 'the GPU is lost: it fell off the bus; restart the machine',
  'gpu requires reset': 'the GPU must be reset (nvidia-smi --gpu-reset)',
  'err!': 'the driver answered "ERR!": the sensor or the GPU has failed',
};

function reading(cell: string, whenNotAvailable: string, convert: (value: number) => number): Reading {
  const value = Number(cell);
  if (cell !== '' && Number.isFinite(value)) return known(convert(value));
  const word = cell.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (word === 'n/a' || word === 'not supported') return unknown(whenNotAvailable);
  return unknown(WORDS[word] ?? `nvidia-smi answered "${cell.slice(0, 60)}" in place of a number`);
}

/** The field that this driver does not know, out of `Field "x" is not a valid field to query.`; null for other lines. */
export function unknownFieldOf(line: string): string | null {
  return /^Field "([^"]+)" is not a valid field to query/.exec(line.trim())?.[1] ?? null;
}

/** A dying tool's words with what to do about them, where that is known. */
export function explainNvidiaFailure(reason: string): string {
  const advice = FAILURES.find(([pattern]) => pattern.test(reason))?.[1];
  return advice ? `${reason}. ${advice}` : reason;
}

const FAILURES: readonly (readonly [RegExp, string])[] = [
  [
    /driver\/library version mismatch/i,
    'The NVIDIA driver was updated while the old one was loaded: restart the machine.',
  ],
  [
    /couldn't communicate with the NVIDIA driver/i,
    'The NVIDIA driver is not loaded: install it for this kernel, or restart the machine.',
  ],
  [/GPU is lost/i, 'A GPU fell off the bus: restart the machine.'],
  [/No devices were found/i, 'A driver is there, but no GPU that it can use.'],
];
