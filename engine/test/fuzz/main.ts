import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { identityModel } from '../../testing/onnx-writer';
import { temporaryFolder } from '../../testing/temporary-folder';
import { addingModel, sumAndDifferenceModel } from '../arithmetic-models';
import { type FuzzReport, runFuzz } from './run-fuzz';

/**
 * Sends bad input to the built engine, in a process of its own, for as long as it is told to, and says at the end what came back:
 *
 *   npm run build && npm run fuzz -- --inputs 1000000 --seed 1
 *
 * Ends with 1 when the engine answered wrongly, died, hung, answered somebody else wrongly meanwhile, or grew.
 */
const ENGINE = join(import.meta.dirname, '..', '..', '..', 'out', 'main', 'cli.js');
const PROGRESS_MS = 10_000;
/** What the engine may grow by between the first tenth of the run, when all is warm, and its end. */
const GROWTH_LIMIT_MB = 256;
const DOORS = ['http'] as const;

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    door: { type: 'string', default: 'http' },
    connections: { type: 'string', default: '16' },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const inputs = Number(values.inputs);
  const seed = Number(values.seed);
  if (!Number.isInteger(inputs) || !Number.isInteger(seed) || !DOORS.some((door) => door === values.door)) {
    console.error(`--inputs and --seed are whole numbers, --door is one of ${DOORS.join(', ')}`);
    return 2;
  }
  if (!existsSync(ENGINE)) {
    console.error('there is no built engine: npm run build first');
    return 2;
  }
  const engine = await startEngine();
  try {
    const sizes: number[] = [];
    let fromMs = performance.now();
    const report = await runFuzz({
      host: '127.0.0.1',
      port: engine.port,
      inputs,
      seed,
      connections: Number(values.connections),
      canary: { model: 'canary', output: 'y', answer: (x) => x + 1 },
      canaryPauseMs: 5,
      onProgress: (done) => {
        if (performance.now() - fromMs < PROGRESS_MS) return;
        fromMs = performance.now();
        sizes.push(megabytesOf(engine.process));
        console.log(`${done} inputs, the engine has ${sizes.at(-1)} MB`);
      },
    });
    sizes.push(megabytesOf(engine.process));
    return say(report, sizes, engine.process.exitCode === null);
  } finally {
    engine.stop();
  }
}

function say(report: FuzzReport, sizes: readonly number[], isAlive: boolean): number {
  const { inputs, requests, statuses, closedUnanswered, canaryRight, faults, durationMs } = report;
  const warm = sizes[Math.floor(sizes.length / 10)] ?? 0;
  const grownMb = (sizes.at(-1) ?? 0) - warm;
  for (const fault of faults) console.log(`fault: ${fault}`);
  for (const [status, count] of Object.entries(statuses)) console.log(`status ${status}: ${count}`);
  console.log(`closed without an answer (requests without a clear end): ${closedUnanswered}`);
  console.log(`right answers to good requests meanwhile: ${canaryRight}`);
  const isRight = faults.length === 0 && isAlive && grownMb <= GROWTH_LIMIT_MB;
  console.log(
    JSON.stringify({
      fuzz: values.door,
      seed: Number(values.seed),
      inputs,
      requests,
      statuses,
      closedUnanswered,
      canaryRight,
      faults: faults.length,
      isAlive,
      warmMb: warm,
      grownMb,
      seconds: Math.round(durationMs / 1000),
      inputsPerSecond: Math.round((inputs / durationMs) * 1000),
      passed: isRight,
    }),
  );
  return isRight ? 0 : 1;
}

async function startEngine() {
  const folder = temporaryFolder();
  folder.write({
    'models/plus/1/model.onnx': addingModel(['batch', 3]),
    'models/canary/1/model.onnx': addingModel(['batch', 3]),
    'models/victim/1/model.onnx': addingModel(['batch', 3]),
    'models/pair/1/model.onnx': sumAndDifferenceModel(),
    'models/text/1/model.onnx': identityModel([{ datatype: 'BYTES', shape: ['batch', 1] }]),
  });
  const control = ['--model-control', 'explicit', '--load-model', '*', '--max-request-bytes', '1048576'];
  const places = ['--repository', join(folder.path, 'models'), '--data-dir', join(folder.path, 'data')];
  const engine = spawn(process.execPath, [ENGINE, 'serve', '--port', '0', ...control, ...places], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await portOf(engine);
  const stop = () => {
    engine.once('exit', () => folder.remove());
    if (engine.exitCode === null) engine.kill();
    else folder.remove();
  };
  return { process: engine, port, stop };
}

/** Resolves when the engine says where it serves. */
function portOf(engine: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    engine.stdout?.on('data', (piece: Buffer) => {
      if (text.length > 100_000) return;
      text += piece.toString();
      const port = /inference\s+http:\/\/[^\s:]+:(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    engine.once('exit', (code) =>
      reject(new Error(`the engine ended with ${code} before it served:\n${text}`)),
    );
  });
}

function megabytesOf({ pid }: ChildProcess): number {
  try {
    return Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)])) / 1024);
  } catch {
    return 0;
  }
}
