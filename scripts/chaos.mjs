// npm run chaos: engine/test/chaos/main.ts, its threads built first.
import { register } from 'tsx/esm/api';
import { buildWorkers } from './setup/workers.mjs';

process.env.FERRY_BUILT_WORKERS = await buildWorkers();
register();
await import(new URL('../engine/test/chaos/main.ts', import.meta.url).href);
