import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import { type Benchmark, median, printTable, round } from './benchmark';
import { loadDemo, startEngine } from './serve-demo';

const BAR = 0.98;
const RENDERER_BAR = 0.25;
const CLIENTS = 32;
const ROUNDS = 7;
/** For the page to have loaded and drawn its history: what is measured is a console that is open, not one that opens. */
const SETTLE_MS = 1_000;
const LOAD = { warmupMs: 400, durationMs: 2_200 };
const SETTINGS = {
  batching: 'fixed' as const,
  maxBatchSize: 16,
  preferredBatchSizes: [],
  maxQueueDelayUs: 1_000,
};
const TICKS_PER_SECOND = 100;

const RENDERER_PATH = fileURLToPath(new URL('../out/renderer', import.meta.url));
const TEST_ENV_PATH = fileURLToPath(new URL('../.ferry/test-env.json', import.meta.url));

/** What an open console costs: the engine serves the same load with the Overview open and live, and with it closed, in turns. */
export const consoleCost: Benchmark = {
  name: 'console-cost',
  describes:
    "serving throughput with the console open and live / closed (and the renderer process's share of a core)",
  async run(print) {
    if (!existsSync(RENDERER_PATH))
      throw new Error('the console is not built: run `npm start -- --help` or `npm test` first');
    const browser = await launch();
    const { engine, close } = await startEngine({ rendererPath: RENDERER_PATH });
    await engine.registry.updateSettings('demo-mlp', SETTINGS, false);
    const load = () => loadDemo(engine, { kind: 'closed', clients: CLIENTS }, LOAD);
    const rounds: { closed: number; open: number; rendererShare: number | null }[] = [];
    await load();
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const address = `${engine.controlUrl}/#token=${engine.controlToken}`;
    const closedRound = async () => {
      await page.goto('about:blank');
      await page.waitForTimeout(SETTLE_MS);
      return (await load()).achievedPerSecond;
    };
    const openRound = async () => {
      await openOverview(page, address);
      lowerPriority();
      await page.waitForTimeout(SETTLE_MS);
      const before = rendererTicks();
      const began = performance.now();
      const { achievedPerSecond } = await load();
      return { rate: achievedPerSecond, share: shareSince(before, (performance.now() - began) / 1000) };
    };
    for (let i = 0; i < ROUNDS; i++) {
      // In turns, and each first as often: what drifts on the machine falls on both.
      const early = i % 2 === 0 ? await closedRound() : null;
      const open = await openRound();
      const closed = early ?? (await closedRound());
      rounds.push({ closed, open: open.rate, rendererShare: open.share });
    }
    await browser.close();
    await close();
    printTable(
      print,
      rounds.map((r, i) => ({
        round: i + 1,
        'closed req/s': Math.round(r.closed),
        'open req/s': Math.round(r.open),
        ratio: round(r.open / r.closed),
        'renderer share': r.rendererShare === null ? 'n/a' : round(r.rendererShare),
      })),
    );
    const value = round(median(rounds.map((r) => r.open / r.closed)));
    const shares = rounds.flatMap((r) => (r.rendererShare === null ? [] : [r.rendererShare]));
    const rendererShare = shares.length > 0 ? round(median(shares)) : null;
    return {
      value,
      bar: BAR,
      holds: value >= BAR && (rendererShare === null || rendererShare <= RENDERER_BAR),
      detail: { rendererShare, rendererBar: RENDERER_BAR, clients: CLIENTS },
    };
  },
};

async function launch(): Promise<Browser> {
  const recorded = existsSync(TEST_ENV_PATH)
    ? (JSON.parse(readFileSync(TEST_ENV_PATH, 'utf8')) as { chromium?: string })
    : {};
  const executablePath = process.env.FERRY_TEST_CHROMIUM ?? recorded.chromium;
  const args = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  return chromium.launch({ ...(executablePath ? { executablePath } : {}), args });
}

async function openOverview(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.getByRole('group', { name: 'Throughput chart' }).waitFor();
}

/** What the desktop app does to its window (electron/main/yield-to-engine.ts). */
function lowerPriority(): void {
  for (const pid of rendererTicks().keys())
    setPriority(Number(pid), constants.priority.PRIORITY_BELOW_NORMAL);
}

/** Share of one core that renderer processes took since `before`; null where there is no /proc. */
function shareSince(before: ReadonlyMap<string, number>, seconds: number): number | null {
  if (before.size === 0) return null;
  let ticks = 0;
  for (const [pid, now] of rendererTicks()) ticks += now - (before.get(pid) ?? 0);
  return ticks / TICKS_PER_SECOND / seconds;
}

/** CPU time of every renderer process by pid, in clock ticks. */
function rendererTicks(): ReadonlyMap<string, number> {
  const ticks = new Map<string, number>();
  if (!existsSync('/proc/self/stat')) return ticks;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')) continue;
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      ticks.set(pid, Number(fields[11]) + Number(fields[12]));
    } catch {
      // The process ended between the two reads.
    }
  }
  return ticks;
}
