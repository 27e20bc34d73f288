import { spawn } from 'node:child_process';
import { median, printTable } from './benchmark';

/** A server in this process, to be measured against others that do the same. */
export interface Candidate {
  readonly name: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface DoorRace {
  /** Source of a function `run(order)` that asks `order.port` without end, and counts the answers by `answered++`. */
  readonly client: string;
  /** What `run` is told beside the port, as JSON. */
  readonly order: Readonly<Record<string, unknown>>;
  readonly rounds: number;
  /** What is counted, by the second: "calls/s". */
  readonly rate: string;
}

interface Measured {
  readonly perSecond: number;
  /** User and system time of this process. */
  readonly cpuUs: number;
}

interface ClientMessage {
  readonly begins?: true;
  readonly answered: number;
  readonly seconds: number;
}

const WARMUP_MS = 1_000;
const MEASURE_MS = 3_000;
const COUNTING = `
let answered = 0;
process.once('message', (order) => {
  run(order);
  setTimeout(() => {
    const before = answered;
    const start = performance.now();
    process.send({ begins: true });
    setTimeout(() => {
      process.send({ answered: answered - before, seconds: (performance.now() - start) / 1000 }, () => process.exit());
    }, ${MEASURE_MS});
  }, ${WARMUP_MS});
});
`;

/**
 * Measures the candidates in turns, the client in a process of its own, closes them, and prints a table: processor time that one
 * answer costs this process, and answers per second. The time is the figure to compare: other programs on the machine disturb it
 * much less.
 */
export async function raceDoors(candidates: readonly Candidate[], race: DoorRace): Promise<void> {
  const measured = new Map(candidates.map((candidate) => [candidate, [] as Measured[]]));
  for (let round = 0; round < race.rounds; round++)
    for (const [candidate, results] of measured) results.push(await measure(candidate, race));
  printTable(
    (line) => console.log(line),
    [...measured].map(([{ name }, results]) => {
      const times = results.map(({ cpuUs }) => cpuUs);
      return {
        door: name,
        'CPU us each': median(times).toFixed(1),
        least: Math.min(...times).toFixed(1),
        most: Math.max(...times).toFixed(1),
        [race.rate]: Math.round(median(results.map(({ perSecond }) => perSecond))),
      };
    }),
  );
  await Promise.all(candidates.map((candidate) => candidate.close()));
}

function measure({ port }: Candidate, { client: source, order }: DoorRace): Promise<Measured> {
  const client = spawn(process.execPath, ['-e', `${COUNTING}${source}`], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  client.send({ port, ...order });
  return new Promise((resolve, reject) => {
    let before = process.cpuUsage();
    client.on('message', ({ begins, answered, seconds }: ClientMessage) => {
      if (begins) {
        before = process.cpuUsage();
        return;
      }
      const { user, system } = process.cpuUsage(before);
      resolve({ perSecond: answered / seconds, cpuUs: (user + system) / answered });
    });
    client.once('exit', (code) => reject(new Error(`the client ended with ${code}`)));
  });
}
