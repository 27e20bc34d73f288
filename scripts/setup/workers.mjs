import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'vite';
import { ferryDir, root } from './paths.mjs';

const entries = [
  'engine/instances/worker/instance-worker.ts',
  'engine/loadtest/worker/load-worker.ts',
  'engine/base/timer-worker.ts',
];

/**
 * Builds the worker threads alone, each as one file, for engines that run from source (`engine/base/worker-boot.mjs`).
 * @returns {Promise<string>} the folder they are in
 */
export async function buildWorkers() {
  const folder = join(ferryDir, 'workers');
  mkdirSync(folder, { recursive: true });
  await Promise.all(entries.map((entry) => buildWorker(entry, folder)));
  return folder;
}

/**
 * @param {string} entry
 * @param {string} folder
 */
async function buildWorker(entry, folder) {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root,
    ssr: { noExternal: true, external: ['onnxruntime-node'] },
    build: {
      ssr: entry,
      target: 'node20',
      write: false,
      rollupOptions: { output: { codeSplitting: false } },
    },
  });
  const chunks = 'output' in built ? built.output : [];
  const chunk = chunks.find((one) => one.type === 'chunk');
  if (chunk?.type !== 'chunk') throw new Error(`${entry} was not built`);
  const file = join(folder, basename(entry).replace(/\.ts$/, '.js'));
  // Another run of the tests may be loading it: it is there as a whole, the old or the new one.
  writeFileSync(`${file}.${process.pid}`, chunk.code);
  renameSync(`${file}.${process.pid}`, file);
}
