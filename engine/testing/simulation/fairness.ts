import { CURVES, peakRate, type SimulatedCurve } from './scenarios';
import { type SharingModel, shareDevice } from './shared-device';

export const WEIGHTS = [1, 2, 4] as const;
const UNTIL_US = 60e6;
const MAX_BATCH_SIZE = 16;

/** How far shares are from those of the weights, at worst, relative to them. */
export function worstDeviation(busy: readonly number[]): number {
  const all = busy.reduce((sum, one) => sum + one, 0);
  const weights = WEIGHTS.reduce((sum, one) => sum + one, 0);
  return Math.max(
    ...busy.map((one, i) => Math.abs((one / all) * (weights / (WEIGHTS[i] ?? Number.NaN)) - 1)),
  );
}

export interface ShareCase {
  readonly curves: readonly string[];
  /** Of the device's time, in the order of the weights. */
  readonly shares: readonly number[];
  readonly deviation: number;
}

/** Three models of different curves and batch sizes, weights 1, 2 and 4, each with more to do than the device can. */
export function shareCases(): readonly ShareCase[] {
  return CURVES.map((_, i) => {
    const curves = WEIGHTS.map((__, j) => CURVES[(i + 2 * j) % CURVES.length] as SimulatedCurve);
    const models = WEIGHTS.map((deviceWeight, j): SharingModel => {
      const curve = curves[j] as SimulatedCurve;
      const maxBatchSize = MAX_BATCH_SIZE >> j;
      return {
        name: `w${deviceWeight}`,
        curve,
        maxBatchSize,
        deviceWeight,
        deviceClass: 'foreground',
        rate: null,
      };
    });
    const busy = shareDevice(models, UNTIL_US, i + 1).map(({ busyUs }) => busyUs);
    const all = busy.reduce((sum, one) => sum + one, 0);
    return {
      curves: curves.map(({ name }) => name),
      shares: busy.map((one) => one / all),
      deviation: worstDeviation(busy),
    };
  });
}

export interface BackgroundCase {
  readonly curve: string;
  /** Of what the foreground model could do alone, in full batches; with smaller ones it is busy for more of the time. */
  readonly load: number;
  readonly aloneP99Us: number;
  readonly besideP99Us: number;
  /** What the p99 rose by, over the longest background batch. */
  readonly rise: number;
  /** Of the device's time. */
  readonly backgroundShare: number;
}

/** The same arrivals at a foreground model, alone and beside a background model that would fill the device alone. */
export function backgroundCases(): readonly BackgroundCase[] {
  return CURVES.flatMap((curve, i) =>
    [0.1, 0.3].map((load) => {
      const front: SharingModel = {
        name: 'front',
        curve,
        maxBatchSize: MAX_BATCH_SIZE,
        deviceWeight: 1,
        deviceClass: 'foreground',
        rate: load * peakRate(curve, MAX_BATCH_SIZE),
      };
      const back: SharingModel = {
        ...front,
        name: 'back',
        curve: CURVES[(i + 1) % CURVES.length] as SimulatedCurve,
        deviceClass: 'background',
        deviceWeight: 100,
        rate: null,
      };
      const [alone] = shareDevice([front], UNTIL_US, i + 1);
      const [beside, background] = shareDevice([front, back], UNTIL_US, i + 1);
      const aloneP99Us = p99(alone?.latenciesUs ?? []);
      const besideP99Us = p99(beside?.latenciesUs ?? []);
      return {
        curve: curve.name,
        load,
        aloneP99Us,
        besideP99Us,
        rise: (besideP99Us - aloneP99Us) / (background?.longestBatchUs ?? Number.NaN),
        backgroundShare: (background?.busyUs ?? 0) / (0.9 * UNTIL_US),
      };
    }),
  );
}

/** @param ascending latencies */
function p99(ascending: readonly number[]): number {
  return ascending[Math.floor(ascending.length * 0.99)] ?? Number.NaN;
}
