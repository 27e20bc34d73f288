import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TensorSpec } from '../../contract';
import type { SessionSpec } from '../../inference';
import { formatShape } from '../../tensor';
import { readOnnxFile } from '../onnx-file';

/** What the cost of a batch depends on, beside the model's own bytes. Two curves with equal keys may stand for each other. */
export interface CurveKey {
  /** Hardware: its place and its name ("cpu, AMD EPYC"). */
  readonly device: string;
  readonly provider: string;
  readonly runtime: string;
  readonly threads: number;
  /** All else that a session is made with, as JSON. */
  readonly session: string;
  /** Names, datatypes and shapes of the inputs as the model sees them. */
  readonly inputs: string;
}

export interface KeyParts {
  readonly spec: SessionSpec;
  readonly inputs: readonly TensorSpec[];
  readonly provider: string;
  readonly deviceId: string;
  readonly deviceName: string;
  /** Version of ONNX Runtime. */
  readonly runtime: string;
}

export function curveKeyOf({ spec, inputs, provider, deviceId, deviceName, runtime }: KeyParts): CurveKey {
  const isSimulated = spec.backend === 'simulated';
  return {
    device: deviceName === '' || deviceName === deviceId ? deviceId : `${deviceId}, ${deviceName}`,
    provider,
    runtime: isSimulated ? 'none' : runtime,
    threads: isSimulated ? 1 : spec.intraOpThreads,
    session: JSON.stringify((isSimulated ? null : spec.tuning) ?? {}),
    inputs: inputs.map(({ name, datatype, shape }) => `${name} ${datatype}${formatShape(shape)}`).join(', '),
  };
}

/** How one key differs from another, in words ("threads 2, now 1"); null when they are equal. */
export function keyDifference(kept: CurveKey, now: CurveKey): string | null {
  const names = ['device', 'provider', 'runtime', 'threads', 'session', 'inputs'] as const;
  const differing = names.filter((name) => kept[name] !== now[name]);
  if (differing.length === 0) return null;
  return differing.map((name) => `${name} ${shown(kept[name])}, now ${shown(now[name])}`).join('; ');
}

const shown = (value: string | number): string => String(value).slice(0, 80);

/**
 * SHA-256 of what a session computes with: the model's file and its external data, or a simulated device's own costs.
 * Errors: as `readOnnxFile`, or of the file system when a file goes away meanwhile.
 */
export async function modelDigest(spec: SessionSpec): Promise<string> {
  const hash = createHash('sha256');
  if (spec.backend === 'simulated') return hash.update(JSON.stringify(spec)).digest('hex');
  const { externalFiles } = await readOnnxFile(spec.modelPath);
  const others = externalFiles.map(({ path }) => join(dirname(spec.modelPath), path)).sort();
  for (const path of [spec.modelPath, ...others])
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  return hash.digest('hex');
}
