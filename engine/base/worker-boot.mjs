// Loads a TypeScript worker entry through tsx. Only used from source; a build has no need of it.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.bootUrl);
