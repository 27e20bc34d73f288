// Loads a worker entry from source, through tsx. Only used from source; a build has no need of it.
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { workerData } from 'node:worker_threads';

const { bootUrl } = workerData;
/** Tests have the workers built once: compiling the sources anew takes each thread a second or two of a core. */
const builtFolder = process.env.FERRY_BUILT_WORKERS;

if (builtFolder === undefined) {
  const { register } = await import('tsx/esm/api');
  register();
  await import(bootUrl);
} else {
  await import(new URL(basename(bootUrl).replace(/\.ts$/, '.js'), pathToFileURL(`${builtFolder}/`)).href);
}
