import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ENGINE_VERSION, toEngineError } from './base';
import { type EngineOptions, parseEngineOptions } from './config';
import type { LogEntry } from './contract';
import { createEngine, type Engine } from './engine';

const USAGE_ERROR = 2;
const START_FAILED = 1;

/**
 * The headless engine: `ferry serve`. Resolves when it serves. The process ends with 0 after a drain, 1 when it could not
 * start, 2 for wrong arguments.
 *
 * @param argv words after "serve"
 */
export async function serve(argv: readonly string[]): Promise<void> {
  const options = readOptions(argv);
  const engine = createEngine(options);
  engine.onLog(printEntry);
  stopOnSignals(engine);
  try {
    await engine.start();
  } catch (error) {
    console.error(`ferry: ${toEngineError(error).message}`);
    process.exit(START_FAILED);
  }
  printAddresses(engine, options);
}

function readOptions(argv: readonly string[]): EngineOptions {
  try {
    const parsed = parseEngineOptions({
      argv,
      env: process.env,
      defaults: { rendererPath: beside('../renderer'), starterModelsPath: beside('../starter-models') },
    });
    if ('options' in parsed) return parsed.options;
    console.log(parsed.help);
    process.exit(0);
  } catch (error) {
    console.error(`ferry: ${toEngineError(error).message}`);
    console.error('Run with --help for all options.');
    process.exit(USAGE_ERROR);
  }
}

/** A folder of the build, next to this file's; null when run from source without a build. */
function beside(relative: string): string | null {
  const here = fileURLToPath(new URL(relative, import.meta.url));
  const built = fileURLToPath(new URL(`../out/${relative.replace('../', '')}`, import.meta.url));
  return [here, built].find((path) => existsSync(path) && !path.endsWith('/main/renderer')) ?? null;
}

function printAddresses(engine: Engine, options: EngineOptions): void {
  const { http, grpc, metrics, exposed } = engine.status;
  console.log('');
  console.log(`  Ferry ${ENGINE_VERSION} is serving ${options.repositoryPath}`);
  console.log(`  inference  ${http?.url}`);
  console.log(`  gRPC       ${grpc?.host}:${grpc?.port}`);
  if (metrics) console.log(`  metrics    ${metrics.url}/metrics`);
  // The token is in the fragment: a browser never sends that part, so it cannot end up in anybody's log.
  console.log(`  console    ${engine.controlUrl}/#token=${engine.controlToken}`);
  if (exposed) console.log('  Warning: this engine can be reached from the network.');
  console.log('');
  console.log('  Open the console address in a browser. Ctrl-C answers what is under way and stops.');
}

function printEntry({ atMs, level, scope, message }: LogEntry): void {
  if (level === 'debug') return;
  const line = `${new Date(atMs).toLocaleTimeString('en-GB')} ${level.padEnd(5)} ${scope}: ${message}`;
  if (level === 'error' || level === 'warn') console.error(line);
  else console.log(line);
}

function stopOnSignals(engine: Engine): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(130);
      asked = true;
      console.log('\n  Stopping: requests under way are answered first. Again to stop at once.');
      engine.stop(signal).then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(`ferry: it did not stop cleanly: ${toEngineError(error).message}`);
          process.exit(START_FAILED);
        },
      );
    });
  }
}
