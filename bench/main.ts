import { cpus } from 'node:os';
import { autoReal } from './auto-real';
import { autoClosed, autoHeldOut, autoOpen } from './auto-virtual';
import { batchingGain } from './batching-gain';
import type { Benchmark } from './benchmark';
import { consoleCost } from './console-cost';
import { evictCycle } from './evict-cycle';
import { fairness } from './fairness';
import { grpc600kb } from './grpc-600kb';
import { instanceMemory } from './instance-memory';
import { jsonVsFrameworks } from './json-vs-frameworks';
import { metricsCost } from './metrics-cost';
import { overhead } from './overhead';
import { overload } from './overload';
import { overloadReal } from './overload-real';
import { planCost } from './plan-cost';
import { queueGrowth } from './queue-growth';
import { rawRatio } from './raw-ratio';
import { unloadMemory } from './unload-memory';
import { grpcVsTriton, httpVsTriton } from './vs-triton';

const BENCHMARKS: readonly Benchmark[] = [
  rawRatio,
  batchingGain,
  overhead,
  queueGrowth,
  planCost,
  consoleCost,
  metricsCost,
  unloadMemory,
  evictCycle,
  instanceMemory,
  httpVsTriton,
  grpcVsTriton,
  jsonVsFrameworks,
  grpc600kb,
  autoClosed,
  autoOpen,
  autoHeldOut,
  autoReal,
  overloadReal,
  overload,
  fairness,
];

const HELP = `Measures one ratio in one run and says whether it is on the right side of its bar.

  npm run -s bench -- NAME     run a benchmark; the last line is JSON {"name","value","bar","holds","detail"}
  npm run -s bench -- --list   name them

Exit status: 0 when the bar holds, 1 when it does not, 2 for a wrong call.`;

async function main(): Promise<number> {
  const [name] = process.argv.slice(2);
  if (name === undefined || name === '--help' || name === '-h') {
    console.log(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === '--list') {
    for (const benchmark of BENCHMARKS) console.log(`${benchmark.name.padEnd(20)}${benchmark.describes}`);
    return 0;
  }
  const benchmark = BENCHMARKS.find((candidate) => candidate.name === name);
  if (!benchmark) {
    console.error(
      `no benchmark is called "${name}"; there are ${BENCHMARKS.map((candidate) => candidate.name).join(', ')}`,
    );
    return 2;
  }
  console.log(`${benchmark.name}: ${benchmark.describes}`);
  console.log(
    `machine: ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.versions.node}, ${process.platform}-${process.arch}`,
  );
  const result = await benchmark.run((line) => console.log(line));
  console.log(JSON.stringify({ name: benchmark.name, ...result }));
  return result.holds ? 0 : 1;
}

process.exit(await main());
