import { type DoorMemory, startDoorProcess } from './door-process';
import { type GrpcFuzzReport, runGrpcFuzz } from './grpc-fuzz';

/**
 * Malformed gRPC connections for as long as it is told to, against a door in a process of its own; prints how they ended, and
 * what the door holds, as one line of JSON:
 *
 *   npm run -s fuzz:grpc -- 1000000 1
 *
 * The numbers are inputs and seed. Ends with 1 when something is left under way, or the door grew.
 */
const ROUNDS = 10;
/** What the door may grow by between the end of the first tenth, when all is warm, and the end of the last. */
const GROWTH_LIMIT_MIB = 8;
const [inputs = '100000', seed = '1'] = process.argv.slice(2);

const door = await startDoorProcess();
const reports: GrpcFuzzReport[] = [];
const memory: DoorMemory[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const part = {
    port: door.port,
    inputs: Math.ceil(Number(inputs) / ROUNDS),
    seed: Number(seed) + round * 1e6,
  };
  reports.push(await runGrpcFuzz(part));
  memory.push(await door.memory());
  const { usedMiB, residentMiB } = memory.at(-1) as DoorMemory;
  console.error(
    `${sum(reports.map((report) => report.inputs))} inputs, the door uses ${usedMiB.toFixed(1)} MiB of ${residentMiB.toFixed(0)}`,
  );
}
await door.stop();

const [warm, end] = [memory[0], memory.at(-1)] as [DoorMemory, DoorMemory];
const grownMiB = end.usedMiB - warm.usedMiB;
const passed = end.inFlight === 0 && grownMiB <= GROWTH_LIMIT_MIB;
console.log(
  JSON.stringify({
    seed: Number(seed),
    inputs: sum(reports.map((report) => report.inputs)),
    outcomes: added(reports.map(({ outcomes }) => outcomes)),
    canaries: sum(reports.map(({ canaries }) => canaries)),
    leftInFlight: end.inFlight,
    grownMiB: Number(grownMiB.toFixed(1)),
    residentGrownMiB: Math.round(end.residentMiB - warm.residentMiB),
    passed,
  }),
);
process.exitCode = passed ? 0 : 1;

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function added(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((each) => Object.entries(each)))
    total[name] = (total[name] ?? 0) + count;
  return total;
}
