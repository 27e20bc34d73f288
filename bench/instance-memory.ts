import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INSTANCE_BYTES } from '../engine/models';
import { identityModel } from '../engine/testing/onnx-writer';
import { type Benchmark, median, printTable, round } from './benchmark';
import { BuiltEngine, mib } from './built-engine';

const FEW = 2;
const MANY = 10;
const ROUNDS = 3;

/**
 * What an instance takes whatever its model: a model without weights is loaded with few and with many instances in turn, and the
 * difference shared out. It is what the memory estimate has down for a thread with its session.
 */
export const instanceMemory: Benchmark = {
  name: 'instance-memory',
  describes: `resident memory of an instance without weights, its thread and session, over the ${mib(INSTANCE_BYTES)} MiB that the estimate reckons with`,
  async run(print) {
    const folder = await mkdtemp(join(tmpdir(), 'ferry-bench-'));
    const file = join(folder, 'model.onnx');
    await writeFile(file, identityModel([{ datatype: 'FP32', shape: ['batch', 2] }]));
    const engine = await BuiltEngine.start(['tiny'], [], file);
    const rows: { few: number; many: number; each: number }[] = [];
    // The first load brings what is taken once.
    for (let i = 0; i <= ROUNDS; i++) {
      const few = await residentWith(engine, FEW);
      const many = await residentWith(engine, MANY);
      if (i > 0) rows.push({ few, many, each: (many - few) / (MANY - FEW) });
    }
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
    printTable(
      print,
      rows.map(({ few, many, each }) => ({
        [`MiB with ${FEW}`]: mib(few),
        [`MiB with ${MANY}`]: mib(many),
        'each MiB': round(each / 2 ** 20),
      })),
    );
    const bytes = median(rows.map(({ each }) => each));
    const value = round(bytes / INSTANCE_BYTES);
    return { value, bar: 1, holds: value <= 1, detail: { instanceMiB: round(bytes / 2 ** 20) } };
  },
};

async function residentWith(engine: BuiltEngine, count: number): Promise<number> {
  await engine.load('tiny', { instance_group: [{ count, kind: 'KIND_CPU' }] });
  return engine.residentBytes();
}
