import { existsSync, readdirSync } from 'node:fs';
import { fromRoot } from './paths.mjs';
import { run, which } from './run.mjs';
import { readStamp, writeStamp } from './stamp.mjs';

const downloadTimeoutMs = 600_000;
const stampName = 'cuda-refused';
const packageFolder = fromRoot('node_modules', 'onnxruntime-node');

/**
 * Where an NVIDIA GPU is present, lets onnxruntime-node's own installer fetch the CUDA provider, which is too large for
 * the npm registry. Without it models run on the CPU.
 * @returns {Promise<import('./step.mjs').StepOutcome>}
 */
export async function prepareCuda() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return quiet('not needed on this platform');
  if (!(await hasNvidiaGpu())) return quiet('not needed: no NVIDIA GPU here');
  if (hasProvider()) return quiet('the provider is there');
  const refused = readStamp(stampName);
  if (refused === ortVersionMark())
    return { ...quiet('not available: its download cannot be reached'), warn: true };
  const { status, timedOut } = await run(
    process.execPath,
    ['./script/install', '--onnxruntime-node-install'],
    {
      cwd: packageFolder,
      timeoutMs: downloadTimeoutMs,
    },
  );
  if (status === 0 && hasProvider()) return { text: 'provider installed' };
  writeStamp(stampName, ortVersionMark());
  const why = timedOut
    ? `its download took over ${downloadTimeoutMs / 1000} s`
    : 'its download cannot be reached';
  return { text: `not available: ${why}; models run on the CPU`, warn: true };
}

async function hasNvidiaGpu() {
  if ((await which('nvidia-smi')) === undefined) return false;
  const { status, stdout } = await run('nvidia-smi', ['-L'], { timeoutMs: 10_000 });
  return status === 0 && stdout.includes('GPU ');
}

function hasProvider() {
  const folder = `${packageFolder}/bin/napi-v6/linux/x64`;
  return existsSync(folder) && readdirSync(folder).some((name) => name.includes('providers_cuda'));
}

const ortVersionMark = () => `onnxruntime-node on Node ${process.versions.node}`;

/** @param {string} text */
const quiet = (text) => ({ text, timed: false });
