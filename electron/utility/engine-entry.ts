import { toEngineError } from '../../engine/base';
import { parseEngineOptions } from '../../engine/config';
import { createEngine, type Engine } from '../../engine/engine';
import { type EngineReport, HEARTBEAT_MS, readEngineOrder, type StartOrder } from './engine-messages';

/** How often to look whether the control plane is open; it is, long before the last model is loaded. */
const LOOK_MS = 50;

const { parentPort } = process;
const report = (message: EngineReport) => parentPort.postMessage(message);

let engine: Engine | null = null;

// Main decides when this process ends. A Ctrl-C in a terminal reaches it as well, and would cut off the draining.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
setInterval(() => report({ kind: 'heartbeat' }), HEARTBEAT_MS);
parentPort.on('message', ({ data }) => {
  const order = readEngineOrder(data);
  if (order?.kind === 'start') void start(order);
  else if (order?.kind === 'stop') void stop(order.reason);
});

async function start({ argv, home }: StartOrder): Promise<void> {
  if (engine) return;
  try {
    const parsed = parseEngineOptions({ argv, env: process.env, defaults: home });
    if ('help' in parsed) {
      console.log(parsed.help);
      process.exit(0);
    }
    const started = createEngine(parsed.options);
    engine = started;
    started.onLog(({ level, scope, message }) => console.log(`${level} ${scope}: ${message}`));
    const reported = reportWhenOpen(started, parsed.options.drainTimeoutMs);
    await started.start();
    reported.look();
  } catch (error) {
    const { code, message } = toEngineError(error);
    console.error(error);
    // Main answers with a stop order: until then the report could be lost with the process.
    report({ kind: 'failed-to-start', code, message });
  }
}

/** The page is let in as soon as the control plane is open, so that the operator sees models being loaded. */
function reportWhenOpen(opening: Engine, drainTimeoutMs: number): { look(): void } {
  let isReported = false;
  const look = () => {
    if (isReported || opening.status.state === 'stopped' || opening.status.control === null) return;
    isReported = true;
    clearInterval(looking);
    report({ kind: 'ready', controlUrl: opening.controlUrl, token: opening.controlToken, drainTimeoutMs });
  };
  const looking = setInterval(look, LOOK_MS);
  return { look };
}

async function stop(reason: string): Promise<void> {
  await engine?.stop(reason);
  report({ kind: 'drained' });
  process.exit(0);
}

function crash(error: unknown): void {
  console.error(error);
  process.exit(1);
}
